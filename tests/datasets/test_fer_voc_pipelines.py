"""The VOC data set under the pipelines of mmdet and mmyolo."""

import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader
from voc_sets import (
    HEIGHT,
    WIDTH,
    add_image,
    cut_image,
    load,
    write_split,
)

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError

READ = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True),
]
PACK = dict(
    type='mmdet.PackDetInputs',
    meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape'),
)
TRAIN = [
    *READ,
    dict(type='Mosaic', img_scale=(64, 64), pre_transform=READ),
    dict(
        type='mmdet.RandomAffine',
        scaling_ratio_range=(0.5, 1.5),
        border=(-32, -32),
    ),
    dict(type='YOLOXMixUp', img_scale=(64, 64), pre_transform=READ),
    dict(type='mmdet.YOLOXHSVRandomAug'),
    dict(type='mmdet.RandomFlip', prob=0.5),
    dict(type='mmdet.FilterAnnotations', keep_empty=False),
    PACK,
]


def test_mosaic_and_mixup_train_on_it(root):
    np.random.seed(0)
    dataset = load(root, pipeline=TRAIN)
    loader = DataLoader(dataset, batch_size=2, collate_fn=pseudo_collate)
    faces = 0
    for batch in [*loader, *loader, *loader]:
        for image, sample in zip(
            batch['inputs'], batch['data_samples'], strict=True
        ):
            assert image.shape == (3, 64, 64)
            boxes = sample.gt_instances.bboxes.tensor
            assert (boxes >= 0).all() and (boxes <= 64).all()
            assert set(sample.gt_instances.labels.tolist()) <= {0, 3, 5}
            faces += len(boxes)
    assert faces > len(dataset)


def test_testing_keeps_faceless_images_and_exact_boxes(root):
    dataset = load(root, pipeline=[*READ, PACK], test_mode=True)
    samples = [item['data_samples'] for item in dataset]
    assert [len(s.gt_instances) for s in samples] == [1, 2, 1, 0]
    assert samples[0].gt_instances.bboxes.tensor.tolist() == [
        [4.5, 2, 40, 46.25]
    ]
    assert samples[3].ori_shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize(('loader', 'set_apart'), [('mmdet', 1), ('mmyolo', 0)])
def test_ignored_faces_are_no_ground_truth(root, loader, set_apart):
    """mmdet keeps them beside the ground truth, mmyolo drops them."""
    read = [READ[0], dict(type=f'{loader}.LoadAnnotations', with_bbox=True)]
    dataset = load(root, pipeline=[*read, PACK], ignore_difficult=True)
    sample = dataset[2]['data_samples']
    assert len(sample.gt_instances) == 0
    assert len(sample.ignored_instances) == set_apart


def mix_partners(results):
    """Draws partners as Mosaic does: all of them, then loads each."""
    load_image = LoadImageFromFile()
    partners = [results['dataset'].get_data_info(i) for i in (2, 1, 3)]
    return [load_image(partner) for partner in partners]


@pytest.mark.parametrize('damage', ['behind the header', 'gone'])
@pytest.mark.parametrize('pipeline', [[*READ, PACK], [mix_partners], TRAIN])
def test_damage_that_shows_on_loading_names_the_file(root, pipeline, damage):
    """Also where the damaged image is only a partner in a mosaic."""
    path = root / 'JPEGImages' / 'b.png'
    if damage != 'gone':
        cut_image(root, 'b', path.stat().st_size // 2)
    dataset = load(root, pipeline=pipeline)
    if damage == 'gone':
        path.unlink()
    with pytest.raises(InputError, match=r'b\.png (is damaged|cannot be read)'):
        for index in [0] * 50 + [1]:
            dataset[index]


@pytest.mark.parametrize('shape', [(64, 3200), (3200, 64), (1, 50), (50, 1)])
def test_the_thinnest_pictures_are_trained_and_tested_on(
    tmp_path, repository, shape
):
    config = load_config(repository / 'configs/fer_yolo_mamba_demo.py')
    image = np.full((*shape, 3), 200, np.uint8)
    face = VOCObject('Happy', (0, 0, *shape[::-1]))
    names = [add_image(tmp_path, f'{n}.png', face, image=image) for n in 'abcd']
    write_split(tmp_path, *names)
    (switch,) = (
        hook for hook in config.custom_hooks if hook.type == 'ModeSwitchHook'
    )
    for pipeline in (
        config.train_dataloader.dataset.pipeline,
        switch.new_train_pipeline,
        config.test_dataloader.dataset.pipeline,
    ):
        dataset = load(tmp_path, pipeline=pipeline)
        for index in [0, 1, 2, 3] * 5:
            assert dataset[index]['inputs'].shape == (3, 160, 160)


def test_damage_behind_the_header_can_be_left_out(root, log):
    cut_image(root, 'b', (root / 'JPEGImages/b.png').stat().st_size // 2)
    assert len(load(root, skip_invalid=True)) == 3
    assert 'b.png' in log[0]


def test_other_errors_of_a_pipeline_stay_what_they_are(root):
    def broken(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load(root, pipeline=[broken])[0]


def test_batch_shapes_of_mmyolo_are_available(root):
    dataset = load(
        root,
        test_mode=True,
        batch_shapes_cfg=dict(
            type='BatchShapePolicy', batch_size=2, img_size=64
        ),
    )
    assert dataset.get_data_info(0)['batch_shape'].tolist() == [64, 96]
