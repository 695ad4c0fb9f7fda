"""tools/analysis/plot_test.py draws a test's report from its dump."""

import functools
import json

import pytest

from fer_yolo_mamba.expressions import EXPRESSIONS

TOOL = 'analysis/plot_test'
FILES = {
    'report.md',
    'report.html',
    'figures.json',
    'confusion.png',
    'mistakes.png',
    'precision_recall.png',
    'reliability.png',
    'thresholds.png',
}


@pytest.fixture(scope='module')
def tested(trained, tiny_config, printed_by):
    """The folder of a test of which nothing was asked."""
    folder = trained / 'plain_test'
    printed_by(
        'test', tiny_config, trained / 'epoch_3.pth', '--work-dir', folder
    )
    return folder


def test_every_test_leaves_a_report(tested):
    assert {path.name for path in (tested / 'report').iterdir()} == FILES
    metrics = json.loads((tested / 'metrics.json').read_text())
    figures = json.loads((tested / 'report' / 'figures.json').read_text())
    assert figures['report'] == metrics['reports']['fer']
    assert list(figures['report']['classes']) == list(EXPRESSIONS)
    assert figures['best_threshold'].keys() == {*EXPRESSIONS, 'all classes'}
    page = (tested / 'report' / 'report.md').read_text()
    assert (
        'IoU >= 0.5; all but ap and num_ground_truths at score >= 0.5' in page
    )
    for name in FILES:
        assert not name.endswith('.png') or f'({name})' in page


@pytest.fixture
def draw(call_tool):
    return functools.partial(call_tool, TOOL)


def test_all_of_it_can_be_drawn_again_from_the_dump(
    tested, draw, tmp_path, capsys
):
    draw(tested / 'predictions.json', '--out', tmp_path / 'again')
    for name in FILES:
        again = (tmp_path / 'again' / name).read_bytes()
        assert again == (tested / 'report' / name).read_bytes(), name
    *table, last = capsys.readouterr().out.splitlines()
    assert any(line.startswith('average ') for line in table)
    assert last == str(tmp_path / 'again' / 'report.md')


def test_other_thresholds_and_no_photographs(tested, draw, tmp_path):
    dump = (tested / 'predictions.json').read_text()
    (tmp_path / 'moved.json').write_text(dump.replace('JPEGImages', 'gone'))
    draw(tmp_path / 'moved.json', '--score-thr', 0.001, '--iou-thr', 0.3)
    report = tmp_path / 'report'
    assert {path.name for path in report.iterdir()} == FILES
    figures = json.loads((report / 'figures.json').read_text())['report']
    assert (figures['iou_thr'], figures['score_thr']) == (0.3, 0.001)


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['none.json'], 'none.json cannot be read'),
        (['{dump}', '--score-thr', '2'], '--score-thr: 2 is not'),
        (['{dump}', '--iou-thr', '0'], 'iou_thr is 0.0'),
        (['{dump}', '--out', '{dump}'], 'predictions.json cannot be used'),
        (['{metrics}'], 'holds no predictions'),
    ],
)
def test_faults_are_named_in_one_line(tested, refusal, arguments, message):
    places = dict(
        dump=tested / 'predictions.json', metrics=tested / 'metrics.json'
    )
    arguments = (argument.format(**places) for argument in arguments)
    assert message in refusal(TOOL, *arguments)


def test_thresholds_of_a_validation(
    tested, trained, tiny_config, printed_by, draw, tmp_path, refusal
):
    """Validated with views of each image; the same images are refused."""
    validated = tmp_path / 'validated'
    printed_by(
        'test',
        *(tiny_config, trained / 'epoch_3.pth', '--work-dir', validated),
        *('--tta', 1, 0.6, '--cfg-options'),
        'test_dataloader.dataset.ann_file=ImageSets/Main/val.txt',
    )
    validation = validated / 'predictions.json'
    assert len(json.loads(validation.read_text())['images']) == 3
    options = ('--thresholds', validation, '--out', tmp_path / 'out')
    draw(tested / 'predictions.json', *options)
    page = (tmp_path / 'out' / 'report.md').read_text()
    assert '## At the thresholds of the validation split' in page
    figures = json.loads((tmp_path / 'out' / 'figures.json').read_text())
    assert figures['validated_thresholds'].keys() == set(EXPRESSIONS)

    assert '3 images of the test' in refusal(TOOL, validation, *options)
