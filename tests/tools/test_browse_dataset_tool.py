"""Contact sheets of ground truth."""

import functools

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import COLOURS
from fer_yolo_mamba.visualization.ground_truth import Split, ground_truth_pairs

TOOL = 'analysis/browse_dataset'


@pytest.fixture
def browse(call_tool, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return functools.partial(call_tool, TOOL)


def pairs(config, split=Split.TRAIN, count=3, seed=0):
    return list(ground_truth_pairs(load_config(config), split, count, seed))


@pytest.mark.parametrize('split', Split)
def test_each_image_comes_before_and_after_the_training_pipeline(
    tiny_config, split
):
    shown = pairs(tiny_config, split)
    assert len(shown) == 3
    for before, after in shown:
        assert before.shape == (96, 96, 3)
        assert after.shape == (160, 160, 3)  # the demo's input
        assert before.dtype == after.dtype == np.uint8


def test_boxes_are_drawn_in_the_colours_of_the_classes(tiny_config):
    colours = {colour[::-1] for colour in COLOURS.values()}
    for images in pairs(tiny_config, count=8):
        seen = {tuple(pixel) for pixel in images[0].reshape(-1, 3).tolist()}
        if colours & seen:
            return
    raise AssertionError('no box on any of the eight images')


def test_the_seed_decides_images_and_augmentations(tiny_config):
    first, same, other = (pairs(tiny_config, seed=s) for s in (0, 0, 1))
    for a, b in zip(first, same, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])
    assert any((a[1] != b[1]).any() for a, b in zip(first, other, strict=True))


def test_no_more_images_than_there_are(tiny_config):
    assert len(pairs(tiny_config, Split.VAL, count=99)) == 3


def test_a_config_without_training(tmp_path, tiny_config):
    config = tmp_path / 'no_training.py'
    config.write_text(f'_base_ = {str(tiny_config)!r}\ntrain_dataloader = None')
    with pytest.raises(InputError, match='has no train_dataloader'):
        pairs(config)


@pytest.fixture
def composing_config(tmp_path, tiny_set, tiny_config):
    """Trains and validates on pictures composed from the tiny set."""
    config = tmp_path / 'composing.py'
    config.write_text(
        f"""
_base_ = {str(tiny_config)!r}
source = dict(
    type='Photographs',
    share=1,
    dataset=dict(
        type='FERVOCDataset',
        data_root={str(tiny_set)!r},
        ann_file='ImageSets/Main/train.txt',
    ),
)
mixture = dict(type='FaceMixture', sources=[source], side=64, length=5)
train_dataloader = dict(dataset=dict(_delete_=True, **mixture))
val_dataloader = dict(dataset=dict(_delete_=True, **mixture))
"""
    )
    return config


@pytest.mark.parametrize('split', [Split.TRAIN, Split.VAL])
def test_composed_pictures_come_without_and_with_boxes(composing_config, split):
    shown = pairs(composing_config, split, count=9)
    assert len(shown) == 5
    for before, after in shown:
        assert before.shape == after.shape == (64, 64, 3)
    assert any((before != after).any() for before, after in shown)


def test_composed_pictures_have_no_pipeline_for_others(composing_config):
    with pytest.raises(InputError, match='no training pipeline'):
        pairs(composing_config, Split.TEST)


def test_options_change_the_config(browse, composing_config, tmp_path):
    option = 'train_dataloader.dataset.length=2'
    browse(composing_config, '--cfg-options', option)
    sheet = tmp_path / 'outputs/browse_composing/train_01.jpg'
    height, width = cv2.imread(str(sheet)).shape[:2]
    # One row of two pairs.
    assert (height - 8) / (width - 8) == pytest.approx(1 / 4)


def test_sheets(browse, tiny_config, tmp_path, capsys):
    browse(tiny_config, '--split', 'test', '--count', 4)
    path = tmp_path / 'outputs' / 'browse_tiny' / 'test_01.jpg'
    assert capsys.readouterr().out.splitlines()[-1] == str(
        path.relative_to(tmp_path)
    )
    height, width = cv2.imread(str(path)).shape[:2]
    # Two rows of three pairs.
    assert (height - 8) / (width - 8) == pytest.approx(2 / 6)


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['--count', 0], '0 is not a whole number of 1 or more'),
        (['--seed', -1], '-1 is not a whole number'),
        (['--out', '{file}'], 'name another file or folder'),
    ],
)
def test_bad_input(refusal, tiny_config, tmp_path, arguments, words):
    file = tmp_path / 'file'
    file.write_text('')
    arguments = (str(word).format(file=file) for word in arguments)
    assert words in refusal(TOOL, tiny_config, *arguments)
