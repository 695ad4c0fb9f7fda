"""The command-line tools of tools/dataset_converters."""

import pytest
from releases import (
    load,
    make_affectnet,
    make_expw,
    make_ferplus,
    make_rafdb,
    make_sfew,
    make_voc_set,
    make_widerface,
    snapshot,
    write_image,
    write_text,
)

from fer_yolo_mamba.datasets import VOCObject

FACE = VOCObject('Happy', (1.5, 2, 10, 12.25))


@pytest.fixture
def call(call_tool, monkeypatch, tmp_path):
    """Calls a converter in this process, in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def run(tool, *arguments):
        call_tool(f'dataset_converters/{tool}', *arguments)

    return run


RELEASES = {
    'rafdb': (make_rafdb, [], 3),
    'expw': (make_expw, ['--test-fraction', '0.3'], 3),
    'affectnet': (make_affectnet, [], 3),
    'ferplus': (make_ferplus, [], 4),
    'widerface': (make_widerface, ['--min-size', '7'], 3),
    'sfew': (lambda root: make_sfew(root)[0], ['--boxes', 'in/boxes'], 8),
}


@pytest.mark.parametrize('tool', RELEASES)
def test_a_release_goes_to_its_own_folder(tmp_path, call, capsys, tool):
    make, options, images = RELEASES[tool]
    release = make(tmp_path / 'in')
    call(tool, release, *options, '--dry-run')
    assert 'nothing was written' in capsys.readouterr().out
    assert not (tmp_path / 'data').exists()
    call(tool, release, *options, '--copy')
    printed = capsys.readouterr()
    assert f"data_root='data/{tool}/'" in printed.out
    assert (
        f'images  {images:>6}'.split()
        == printed.out.splitlines()[1].split()[:2]
    )
    assert printed.err == ''  # no progress bar in a pipe
    assert load(tmp_path / 'data' / tool)
    before = snapshot(tmp_path)
    call(tool, release, *options, '--copy')
    assert snapshot(tmp_path) == before


def test_class_folders(tmp_path, call):
    write_image(tmp_path / 'faces/Happy/a.jpg')
    call('class_folders', 'faces', '--out', 'out', '--hard-link')
    assert load(tmp_path / 'out') == {'Happy/a': [(3, 0, 0, 20, 16)]}


def test_txt_coco_and_yolo_go_both_ways(tmp_path, call, capsys):
    voc = make_voc_set(tmp_path, FACE)
    splits = ['--split', 'train=l/train.txt', '--split', 'val=l/val.txt']
    call('txt', 'export', voc, '--out', 'l')
    assert capsys.readouterr().out == 'l/train.txt\nl/val.txt\n'
    call('txt', 'import', *splits, '--out', 'a')
    call('coco', 'export', voc, '--out', 'c', '--splits', 'train')
    call(
        *('coco', 'import', '--split', 'train=c/train.json', '--out', 'b'),
        *('--images', voc / 'JPEGImages'),
    )
    call('yolo', 'export', voc, '--out', 'y')
    call('yolo', 'import', 'y/data.yaml', '--out', 'd')
    for back in ('a', 'b', 'd'):
        assert load(tmp_path / back) == load(voc)


@pytest.mark.parametrize(
    'arguments',
    [
        ('rafdb', 'none'),
        ('sfew', 'none', '--boxes', 'none'),
        ('class_folders', '.', '--out', 'out', '--detector', 'none.onnx'),
        ('txt', 'import', '--split', 'train=none', '--out', 'out'),
        ('coco', 'export', 'none', '--out', 'out'),
        ('yolo', 'import', 'none', '--out', 'out'),
        ('txt', 'import', '--split', 'train', '--out', 'out'),
        ('rafdb', '.', '--copy', '--hard-link'),
    ],
)
def test_a_fault_of_the_input_is_one_line_and_status_2(
    refusal, arguments, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    tool, *others = arguments
    refusal(f'dataset_converters/{tool}', *others)


@pytest.mark.parametrize('tool', ['txt', 'coco', 'yolo'])
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, refusal, tool):
    voc = make_voc_set(tmp_path, FACE)
    lists = write_text(tmp_path / 'lists', 'a file')
    said = refusal(f'dataset_converters/{tool}', 'export', voc, '--out', lists)
    assert f'{lists}' in said and 'cannot be used' in said
    assert lists.read_text() == 'a file'
