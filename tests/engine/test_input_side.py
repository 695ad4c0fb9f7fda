"""One number for the size of the pictures, from training to weights."""

import pytest

from fer_yolo_mamba.engine.classes import dicts_in
from fer_yolo_mamba.engine.config import TestPipeline as Pipeline
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError

SIZES = {'scale', 'img_scale'}


def load(repository, name, size):
    return load_config(repository / f'configs/{name}.py', {'input_side': size})


@pytest.mark.parametrize('size', [160, 416, 1280])
@pytest.mark.parametrize(
    'name', ['fer_yolo_mamba_rafdb', 'baselines/retinanet_demo']
)
def test_training_validation_and_test_follow(name, size, repository):
    config = load(repository, name, size)
    found = {
        loader: {
            part[key]
            for part in dicts_in(config[loader])
            for key in SIZES & set(part)
        }
        for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader')
    }
    assert found == {loader: {(size, size)} for loader in found}
    (last_epochs,) = (
        part['scale']
        for part in dicts_in(config.custom_hooks)
        if 'scale' in part
    )
    assert last_epochs == (size, size)
    borders = {
        part['border']
        for part in dicts_in(config.train_dataloader)
        if 'border' in part
    }
    assert borders <= {(-size // 2, -size // 2)}
    # Where files of weights and the counts of operations take it from.
    assert Pipeline.of(config).size == (size, size)


def test_composed_pictures_follow_and_what_they_are_made_of(repository):
    config = load(repository, 'fer_yolo_mamba_faces', 640)
    for loader in (config.train_dataloader, config.val_dataloader):
        assert loader.dataset.side == 640
    backgrounds = config.train_dataloader.dataset.sources[0].backgrounds
    assert backgrounds.max_side == 720  # for 320 pixels it is 360


@pytest.mark.parametrize('size', [0, 128, 170, 1312, 416.0, '416', True])
def test_other_sizes_are_refused(size, repository):
    with pytest.raises(InputError, match='a multiple of 32 from 160 to 1280'):
        load(repository, 'fer_yolo_mamba_demo', size)


def test_a_network_of_one_size_says_so(repository):
    with pytest.raises(InputError, match='made for pictures of 300 pixels'):
        load(repository, 'baselines/ssd_rafdb', 416)


def test_without_it_all_is_as_the_config_says(repository):
    config = load_config(repository / 'configs/fer_yolo_mamba_demo.py')
    assert Pipeline.of(config).size == (160, 160)
