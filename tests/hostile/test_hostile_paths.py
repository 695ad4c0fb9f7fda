"""Whatever names a checkpoint refuses a hostile one: one line, status 2."""

from itertools import product

import pytest
import torch
from hostile_files import RUN

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.errors import InputError

# What each tool takes; {names} are filled in by the test.
PATHS = {
    'test': ('test', '{config}', '{file}'),
    'resume': ('train', '{config}', '--resume', '--work-dir', '{run}'),
    'load_from': ('train', '{config}', '--cfg-options', 'load_from={file}'),
    'init_cfg': ('train', '{tmp}/begun.py'),
    'predict': (
        *('predict', '{picture}', '--config', '{config}'),
        *('--checkpoint', '{file}', '--out', '{tmp}/out'),
    ),
    'convert': (
        *('convert_checkpoint', '{file}', '{tmp}/a.safetensors'),
        *('--config', '{config}'),
    ),
}


@pytest.fixture(scope='module')
def config(narrow_config, tmp_path_factory):
    """The narrow network, on a few drawn faces."""
    root = tmp_path_factory.mktemp('data') / 'drawn'
    make_demo_set(root, dict(train=4, val=1, test=1), size=96)
    path = root.parent / 'hostile.py'
    path.write_text(
        f"""
_base_ = {str(narrow_config)!r}
data = dict(data_root={str(root)!r})
train_dataloader = dict(batch_size=2, num_workers=0, dataset=data)
val_dataloader = dict(num_workers=0, dataset=data)
test_dataloader = dict(num_workers=0, dataset=data)
train_dataloader['persistent_workers'] = False
"""
    )
    return path


@pytest.fixture(scope='module')
def damaged(narrow_checkpoint, tmp_path_factory):
    """That network's checkpoint: with a program in it, and two more."""
    folder = tmp_path_factory.mktemp('damaged')
    good = torch.load(narrow_checkpoint)
    name, value = next(iter(good['state_dict'].items()))
    nan = {**good['state_dict'], name: torch.full_like(value, torch.nan)}
    torch.save({**good, 'meta': RUN}, folder / 'program.pth')
    torch.save({**good, 'state_dict': nan}, folder / 'nan.pth')
    whole = narrow_checkpoint.read_bytes()
    (folder / 'cut.pth').write_bytes(whole[: len(whole) // 2])
    return folder


# Those that build a training before they look take their time.
@pytest.mark.parametrize(
    ('path', 'name'),
    [
        *product(PATHS, ['program']),
        *product(['test', 'resume', 'predict', 'convert'], ['nan', 'cut']),
    ],
)
def test_a_tool_refuses_it(
    path, name, config, damaged, tmp_path, refusal, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run/epoch_1.pth').symlink_to(damaged / f'{name}.pth')
    begin = dict(
        _delete_=True,
        type='Pretrained',
        checkpoint=str(damaged / f'{name}.pth'),
    )
    (tmp_path / 'begun.py').write_text(
        f'_base_ = {str(config)!r}\nmodel = dict(init_cfg={begin})'
    )
    pictures = config.parent / 'drawn/JPEGImages'
    tool, *arguments = (
        part.format(
            config=config,
            file=damaged / f'{name}.pth',
            run=tmp_path / 'run',
            tmp=tmp_path,
            picture=next(iter(sorted(pictures.iterdir()))),
        )
        for part in PATHS[path]
    )
    line = refusal(tool, *arguments)
    assert '.pth is damaged' in line
    assert 'weights_only' not in line
    assert not (tmp_path / 'touched').exists()


@pytest.mark.parametrize('name', ['program', 'nan', 'cut'])
def test_the_detector_refuses_it(name, config, damaged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f'{name}.pth is damaged'):
        FERDetector(damaged / f'{name}.pth', config=config)
    assert not (tmp_path / 'touched').exists()
