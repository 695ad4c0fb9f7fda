"""Names of a config that nothing reads, and what is read instead."""

import pytest

from fer_yolo_mamba.engine import config
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.config_names import unread_names


@pytest.fixture
def write(narrow_config, tmp_path):
    """Writes a config on top of the narrow one."""

    def write(text, name='mine.py'):
        path = tmp_path / name
        path.write_text(f'_base_ = {str(narrow_config)!r}\n{text}\n')
        return path

    return write


@pytest.fixture
def told(monkeypatch):
    """The warnings of a reading."""
    lines = []
    monkeypatch.setattr(
        config, 'print_log', lambda line, **kwargs: lines.append(line)
    )
    return lines


UNREAD = [
    ('img_scale = (416, 416)', 'img_scale', 'use input_side.'),
    ('imgsz = 416', 'imgsz', 'use input_side.'),
    ('num_classes = 8', 'num_classes', 'use classes.'),
    ('max_epochs = 3', 'max_epochs', 'use train_cfg.max_epochs.'),
    ('lr = 0.1', 'lr', 'use optim_wrapper.optimizer.lr.'),
    ('custom_hook = []', 'custom_hook', 'use custom_hooks.'),
    ('a, zzz = 1, 2\nresume = a', 'zzz', 'leave it out.'),
    # A part that the recipe has used before.
    ('fer_batch_size = 4', 'fer_batch_size', 'leave it out.'),
]


@pytest.mark.parametrize(('text', 'name', 'remedy'), UNREAD)
def test_a_name_that_nothing_reads_is_told(text, name, remedy, write, told):
    path = write(text)
    assert name not in load_config(path)
    assert told == [f'{path}: {name} is read by nothing: {remedy}']


def test_so_is_one_of_the_command_line(narrow_config, told):
    load_config(narrow_config, {'img_scale': 416, 'train_cfg.max_epochs': 3})
    (line,) = told
    assert 'img_scale is read by nothing: use input_side.' in line


@pytest.mark.parametrize(
    'text',
    [
        'side = 416\ninput_side = side',
        'def loader(n):\n    return dict(batch_size=n)\n'
        'train_dataloader = loader(4)',
        '_private = 1',
    ],
)
def test_parts_that_others_are_written_with_are_read(text, write):
    assert unread_names(write(text)) == []


def test_a_base_of_the_same_project_is_looked_at(write, tmp_path):
    write('used = dict(max_epochs=3)\nunused = 1')
    path = tmp_path / 'child.py'
    path.write_text("_base_ = ['./mine.py']\ntrain_cfg = _base_.used\n")
    assert unread_names(path) == ['unused']
