"""Where a training spends its time."""

import gzip
import json
import shutil
import time

import pytest

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.profiling import PartTimer, ProfileHook
from fer_yolo_mamba.engine.run_folder import set_aside
from fer_yolo_mamba.engine.training import train

PARTS = {
    'waiting for pictures',
    'pictures to the device',
    *(f'forward: {part}' for part in ('backbone', 'neck', 'bbox_head')),
    'assignment and losses',
    *(f'backward: {part}' for part in ('loss and head', 'neck', 'backbone')),
    *('optimizer', 'moving average', 'checkpoint', 'validation'),
    *('rest of a step', 'other hooks and logging'),
}


def test_a_part_is_without_those_within():
    timer = PartTimer()
    with timer.part('outer'):
        time.sleep(0.02)
        with timer.part('inner'):
            time.sleep(0.1)
            timer.go_on_as('rest')
            time.sleep(0.05)
    seconds = timer.seconds
    assert 0.02 <= seconds['outer'] < 0.1 <= seconds['inner']
    assert 0.05 <= seconds['rest'] < seconds['inner']


@pytest.fixture(scope='module')
def profiled(narrow_config, tmp_path_factory):
    """The folder of a profiled run of two epochs of three steps."""
    folder = tmp_path_factory.mktemp('profiled')
    faces = folder / 'faces'
    make_demo_set(faces, dict(train=6, val=2, test=2), size=64)
    options = {
        'train_dataloader.batch_size': 2,
        'train_dataloader.num_workers': 0,
        'val_dataloader.num_workers': 0,
        'train_cfg.max_epochs': 2,
    }
    for loader in ('train', 'val'):
        options[f'{loader}_dataloader.dataset.data_root'] = str(faces)
    run = folder / 'run'
    run.mkdir()
    (folder / 'private').write_text('kept')
    (run / 'trace.json.gz').symlink_to(folder / 'private')
    config = load_config(narrow_config, options, run)
    train(config, hooks=[ProfileHook()])
    return run


def test_the_table_has_every_part(profiled):
    lines = (profiled / 'profile.md').read_text().splitlines()
    assert lines[0].startswith('| part of 3 steps |')
    rows = [line.strip('| ').split(' | ') for line in lines[2:-1]]
    assert {row[0] for row in rows} == PARTS
    seconds = [float(row[1]) for row in rows]
    assert seconds == sorted(seconds, reverse=True)
    whole = float(lines[-1].split(' | ')[1])
    assert sum(seconds) == pytest.approx(whole, abs=0.01 * len(rows))


def test_the_trace_names_the_parts(profiled):
    trace = json.loads(
        gzip.decompress((profiled / 'trace.json.gz').read_bytes())
    )
    names = {event.get('name') for event in trace['traceEvents']}
    assert {'forward: neck', 'optimizer', 'aten::convolution'} <= names


def test_a_link_in_the_folder_is_not_followed(profiled):
    assert (profiled.parent / 'private').read_text() == 'kept'


def test_all_of_a_profiled_run_is_moved_aside(profiled, tmp_path):
    folder = shutil.copytree(profiled, tmp_path / 'run')
    set_aside(folder)
    assert [path.name for path in folder.iterdir()] == ['.lock']
