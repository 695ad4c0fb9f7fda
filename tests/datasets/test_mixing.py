"""The fast augmentation against mmyolo's, bit by bit."""

import numpy as np
import pytest
import torch
from mmdet.datasets.transforms import YOLOXHSVRandomAug
from mmyolo.datasets.transforms import LoadAnnotations
from voc_sets import HAPPY, SAD, add_image, load, pixels, write_split

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.mixing import FastHSVRandomAug, FastLoadAnnotations
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.input_side import hand_down_input_side
from fer_yolo_mamba.studies.benchmark.loaders import mmyolo_pipeline

# Larger and smaller than the pictures that are mixed, of one pixel less than
# those after mmyolo's rounding, thin, and with two faces, one or none.
SHAPES = [
    ((480, 640), (HAPPY, SAD)),
    ((321, 500), (HAPPY,)),
    ((200, 581), (VOCObject('Fear', (10.25, 3.5, 570, 200)),)),
    ((154, 120), (SAD,)),
    ((60, 64), (HAPPY,)),
    ((48, 64), ()),
    ((12, 400), (VOCObject('Neutral', (0, 0, 400, 12)),)),
]


@pytest.fixture(scope='module')
def mixed_set(tmp_path_factory):
    root = tmp_path_factory.mktemp('mixed')
    names = [
        add_image(root, f'{number}.png', *faces, image=pixels(*shape))
        for number, (shape, faces) in enumerate(SHAPES)
    ]
    write_split(root, *names)
    return root


@pytest.mark.parametrize('image_cache', [None, 'image_cache'])
@pytest.mark.parametrize('side', [320, 160])
def test_the_recipe_makes_mmyolos_pictures(
    mixed_set, repository, side, image_cache
):
    config = load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')
    config.input_side = side
    hand_down_input_side(config)
    pipeline = config.train_dataloader.dataset.pipeline
    ours = load(mixed_set, pipeline=pipeline, image_cache=image_cache)
    assert (ours.fitted_images is None) == (image_cache is None)
    rival = load(mixed_set, pipeline=mmyolo_pipeline(pipeline))
    faces = 0
    for seed in range(60):
        found, expected = (picture(data, seed) for data in (ours, rival))
        assert torch.equal(found['inputs'], expected['inputs'])
        found, expected = found['data_samples'], expected['data_samples']
        assert found.metainfo == expected.metainfo
        found, expected = found.gt_instances, expected.gt_instances
        assert torch.equal(found.labels, expected.labels)
        assert torch.equal(found.bboxes.tensor, expected.bboxes.tensor)
        faces += len(found)
    assert faces > 60


def test_ignored_faces_are_left_out_as_mmyolo_does():
    faces = [
        dict(bbox=[1.1, 2, 30.3, 40], bbox_label=3, ignore_flag=0),
        dict(bbox=[5, 6, 70, 80], bbox_label=1, ignore_flag=1),
    ]
    for instances in (faces, faces[1:], []):
        found, expected = (
            transform({'instances': instances})
            for transform in (
                FastLoadAnnotations(),
                LoadAnnotations(with_bbox=True),
            )
        )
        boxes = (loaded.pop('gt_bboxes') for loaded in (found, expected))
        assert torch.equal(*(each.tensor for each in boxes))
        assert found.keys() == expected.keys()
        for key in ('gt_bboxes_labels', 'gt_ignore_flags'):
            assert found[key].dtype == expected[key].dtype
            assert found[key].tolist() == expected[key].tolist()


def picture(dataset, seed):
    np.random.seed(seed)
    return dataset[seed % len(dataset)]


def test_the_rival_has_no_step_of_ours(repository):
    config = load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')
    steps = mmyolo_pipeline(config.train_dataloader.dataset.pipeline)
    types = [step['type'] for step in steps]
    assert types[0] == 'LoadImageFromFile'
    for name in ('Mosaic', 'YOLOXMixUp', 'mmdet.YOLOXHSVRandomAug'):
        step = steps[types.index(name)]
        for inner in step.get('pre_transform', [])[:1]:
            assert inner['type'] == 'LoadImageFromFile'


@pytest.mark.parametrize('seed', range(8))
def test_colours_are_mmdets(seed):
    image = pixels(64, 96)
    found, expected = (
        coloured(kind(9, 90, 90), image.copy(), seed)
        for kind in (FastHSVRandomAug, YOLOXHSVRandomAug)
    )
    assert np.array_equal(found, expected)


def coloured(transform, image, seed):
    np.random.seed(seed)
    return transform({'img': image})['img']


def test_mosaic_with_a_chance_leaves_pictures_as_they_are(mixed_set):
    load_one = [
        dict(type='LoadFittedImage', scale=(32, 32)),
        dict(type='LoadAnnotations', with_bbox=True),
    ]
    mosaic = dict(
        type='FittedMosaic',
        img_scale=(32, 32),
        pre_transform=load_one,
        prob=0.0,
    )
    dataset = load(mixed_set, pipeline=[*load_one, mosaic])
    assert dataset[0]['img'].shape == (24, 32, 3)
