"""Each fault of the input: one line that names it, and status 2."""

import pytest
import torch

from fer_yolo_mamba.engine import run_folder

# (tool, arguments, words of the message); {names} are filled in by the test.
FAULTS = {
    'no config': (
        'train',
        ['{tmp}/none.py'],
        ['{tmp}/none.py', 'does not exist'],
    ),
    'broken config': (
        'train',
        ['{tmp}/broken.py'],
        ['{tmp}/broken.py', 'cannot be read', 'NameError'],
    ),
    'no data folder': (
        'train',
        ['{config}', '--cfg-options', 'train_dataloader.dataset.data_root=no'],
        ['data/README.md'],
    ),
    'unknown class': (
        'train',
        ['{config}', '--cfg-options', '{root}={tmp}/unknown'],
        ['Bored', 'Anger', '.xml'],
    ),
    'unreadable image': (
        'train',
        ['{config}', '--cfg-options', '{root}={tmp}/unreadable'],
        ['drawn_train_00000'],
    ),
    'no network for the pretrained weights': (
        'train',
        ['{tmp}/pretrained.py'],
        ['http://127.0.0.1:9/no.pth', 'init_cfg=None'],
    ),
    'a backend of logs that is not installed': (
        'train',
        ['{config}', '--wandb'],
        ['WandbVisBackend', 'pip install wandb'],
    ),
    'several processes without torchrun': (
        'train',
        ['{config}', '--launcher', 'pytorch'],
        ['dist_train.sh'],
    ),
    'an option without a value': (
        'train',
        ['{config}', '--cfg-options', 'train_cfg.max_epochs'],
        ['argument --cfg-options: give KEY=VALUE'],
    ),
    'an option with an open bracket': (
        'train',
        ['{config}', '--cfg-options', 'classes=["Anger","Happy'],
        ['argument --cfg-options: give KEY=VALUE'],
    ),
    'an option without a key': (
        'train',
        ['{config}', '--cfg-options', 'train_cfg.=3'],
        ['argument --cfg-options: give KEY=VALUE', "'train_cfg.' is no key"],
    ),
    'an option longer than any': (
        'train',
        ['{config}', '--cfg-options', 'model.num_classes=' + 9999 * '('],
        ['argument --cfg-options: give KEY=VALUE', '10017 characters are too'],
    ),
    'a dict as an option': (
        'train',
        ['{config}', '--cfg-options', 'train_cfg=dict(max_epochs=1)'],
        ['within a dict, its key follows a dot: train_cfg.max_epochs=2'],
    ),
    'a list of dicts as an option': (
        'train',
        ['{config}', '--cfg-options', 'custom_hooks=[dict(type="EMAHook")]'],
        ['within a dict, its key follows a dot'],
    ),
    'a part that is one value': (
        'train',
        ['{config}', '--cfg-options', 'train_cfg=3'],
        ['train_cfg is 3: give what it is made of', 'train_cfg.KEY=VALUE'],
    ),
    'a training without an optimizer': (
        'train',
        ['{config}', '--cfg-options', 'optim_wrapper=None'],
        ['optim_wrapper is None: give what it is made of'],
    ),
    'a test without pictures': (
        'test',
        ['{config}', '{last}', '--cfg-options', 'test_dataloader=None'],
        ['test_dataloader is None: give what it is made of'],
    ),
    'a test without figures': (
        'test',
        ['{config}', '{last}', '--cfg-options', 'test_evaluator=None'],
        ['test_evaluator is None: give what it is made of'],
    ),
    'a setting misspelt': (
        'train',
        ['{config}', '--cfg-options', 'train_cfg.max_epoch=3'],
        ['train_cfg.max_epoch ', 'use max_epochs'],
    ),
    'a training that diverges': (
        'train',
        ['{config}', '--cfg-options', 'optim_wrapper.optimizer.lr=1e12'],
        ['diverged in epoch 1', 'iteration 2', 'optimizer.lr', '--resume'],
    ),
    'no checkpoint': (
        'test',
        ['{config}', '{tmp}/none.pth'],
        ['{tmp}/none.pth', 'does not exist'],
    ),
    'metrics where nothing can be written': (
        'test',
        ['{config}', '{tmp}/none.pth', '--dump', '/dev/null/metrics.json'],
        ['/dev/null cannot be used'],
    ),
    'no checkpoint file': (
        'test',
        ['{config}', '{config}'],
        ['{config}', 'no checkpoint'],
    ),
    'checkpoint cut short': (
        'test',
        ['{config}', '{tmp}/short.pth'],
        ['{tmp}/short.pth', 'cut short'],
    ),
    'checkpoint of another model': (
        'test',
        [
            '{config}',
            '{trained}/epoch_3.pth',
            '--cfg-options',
            'model.neck.type=YOLOXPAFPN',
        ],
        ['epoch_3.pth', 'does not fit', 'neck.'],
    ),
    'no trained demo': (
        'predict',
        ['photo.jpg', '--config', '{config}'],
        ['make demo'],
    ),
    'no such photograph': (
        'predict',
        ['{tmp}/none.jpg', '--config', '{config}', '--checkpoint', '{last}'],
        ['{tmp}/none.jpg', 'does not exist'],
    ),
    'a photograph that is none': (
        'predict',
        ['{config}', '--config', '{config}', '--checkpoint', '{last}'],
        ['{config}', 'decoded'],
    ),
    'a photograph that never ends': (
        'predict',
        ['/dev/zero', '--config', '{config}', '--checkpoint', '{last}'],
        ['/dev/zero', 'device'],
    ),
    'a GPU where there is none': (
        'predict',
        ['photo.jpg', '--device', 'cuda'],
        ['--device cuda', 'no CUDA GPU', 'cpu'],
    ),
    'a device that is none': (
        'predict',
        ['photo.jpg', '--device', 'cudda'],
        ['--device cudda', 'cpu'],
    ),
    'a device that computes nothing': (
        'analysis/faces',
        ['measure', '--named', 'a_happy.jpg', '--device', 'meta'],
        ['--device meta', 'cpu'],
    ),
    'a folder where a file should be': (
        'analysis/plot_run',
        ['{trained}', '--out', '{tmp}/taken.png'],
        ['{tmp}/taken.png', 'Is a directory'],
    ),
    'curves in another format': (
        'analysis/plot_run',
        ['{trained}', '--out', '{tmp}/curve.svg'],
        ['{tmp}/curve.svg', '.png'],
    ),
}


@pytest.fixture
def places(tmp_path, tiny_set, tiny_config, trained, monkeypatch):
    """Broken files of every kind, and the names that FAULTS uses."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'taken.png').mkdir()
    (tmp_path / 'broken.py').write_text('model = undefined')
    (tmp_path / 'pretrained.py').write_text(
        f"""
_base_ = {str(tiny_config)!r}
model = dict(
    backbone=dict(
        init_cfg=dict(
            _delete_=True,
            type='Pretrained',
            prefix='backbone.',
            checkpoint='http://127.0.0.1:9/no.pth')))
"""
    )
    whole = (trained / 'epoch_3.pth').read_bytes()
    (tmp_path / 'short.pth').write_bytes(whole[: len(whole) // 2])
    for fault in ('unknown', 'unreadable'):
        copy_set(tiny_set, tmp_path / fault)
    for annotation in (tmp_path / 'unknown/Annotations').glob('drawn_train_*'):
        text = annotation.read_text()
        annotation.write_text(text.replace('</name>', 'Bored</name>'))
    image = tmp_path / 'unreadable/JPEGImages/drawn_train_00000.jpg'
    image.write_bytes(b'no image')
    return dict(
        tmp=tmp_path,
        config=tiny_config,
        trained=trained,
        last=trained / 'epoch_3.pth',
        root='train_dataloader.dataset.data_root',
    )


def copy_set(source, target):
    for path in source.rglob('*'):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


@pytest.mark.parametrize('fault', FAULTS)
def test_one_line_and_status_2(fault, outcome_of, places, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    tool, arguments, words = FAULTS[fault]
    status, _, printed = outcome_of(
        tool, *(word.format(**places) for word in arguments)
    )
    message = [
        line for line in printed.splitlines() if line.startswith('error: ')
    ]
    assert status == 2
    assert len(message) == 1
    assert 'Traceback' not in printed
    for word in words:
        assert word.format(**places) in message[0]


def test_one_training_at_a_time(refusal, tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder, '_PATIENCE', 0.1)
    with run_folder.locked(tmp_path / 'run'):
        said = refusal('train', tiny_config, '--work-dir', tmp_path / 'run')
    assert f'another run is at work in {tmp_path}' in said
