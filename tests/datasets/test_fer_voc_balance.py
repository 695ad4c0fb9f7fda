"""Rare classes repeated."""

from collections import Counter

import numpy as np
import pytest
from mmyolo.registry import DATASETS
from voc_sets import HAPPY, SAD, add_image, write_split

from fer_yolo_mamba.datasets import ClassBalancedFERVOCDataset, VOCObject
from fer_yolo_mamba.errors import InputError

SPLIT = 'ImageSets/Main/train.txt'
READ = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True),
]
MOSAIC = dict(type='Mosaic', img_scale=(64, 64), pre_transform=READ)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """27 happy images, two sad ones, one with both, none without a face."""
    folder = tmp_path_factory.mktemp('imbalanced')
    ids = [add_image(folder, f'h{i}.bmp', HAPPY) for i in range(27)]
    ids += [add_image(folder, f's{i}.bmp', SAD) for i in range(2)]
    ids.append(add_image(folder, 'both.bmp', HAPPY, SAD))
    write_split(folder, *ids)
    return folder


def load(root, threshold, **options):
    return ClassBalancedFERVOCDataset(
        ann_file=SPLIT,
        data_root=str(root),
        oversample_thr=threshold,
        **options,
    )


def counts(dataset):
    """How often each image is in the list."""
    return Counter(
        dataset.get_data_info(i)['img_id'] for i in range(len(dataset))
    )


@pytest.mark.parametrize(
    ('threshold', 'times'),
    [
        # Sad is on three of thirty images, f = 0.1.
        (0.05, [1, 1, 1]),
        (0.1, [1, 1, 1]),
        (0.225, [1, 2, 1]),  # sqrt(2.25) = 1.5, 4 in all
        (0.4, [2, 2, 2]),
        (0.9, [3, 3, 3]),
    ],
)
def test_images_are_repeated_by_their_rarest_class(root, threshold, times):
    found = counts(load(root, threshold))
    assert [found[name] for name in ('s0', 's1', 'both')] == times
    assert all(found[f'h{i}'] == 1 for i in range(27))


def test_every_class_is_repeated_where_all_are_below_the_threshold(root):
    found = counts(load(root, 1.0))
    # Happy: 27 * sqrt(30 / 28), sad: 3 * sqrt(30 / 3).
    assert sum(found[f'h{i}'] for i in range(27)) == 27
    assert found['s0'] + found['s1'] + found['both'] == 9


def test_images_without_a_face_stay_once(root, tmp_path):
    ids = [add_image(tmp_path, 'a.bmp', SAD)]
    ids += [add_image(tmp_path, f'n{i}.bmp') for i in range(8)]
    write_split(tmp_path, *ids)
    found = counts(load(tmp_path, 1.0))
    assert found.pop('a') == 3
    assert set(found.values()) == {1}


def test_faces_without_expression_are_not_rare(tmp_path):
    face = VOCObject('face', HAPPY.bbox)
    ids = [add_image(tmp_path, 'a.bmp', HAPPY, face)]
    ids.append(add_image(tmp_path, 'b.bmp', face))
    ids += [add_image(tmp_path, f'h{i}.bmp', HAPPY) for i in range(14)]
    write_split(tmp_path, *ids)
    found = counts(load(tmp_path, 0.9, unlabelled='face'))
    assert set(found.values()) == {1}


def test_testing_repeats_nothing(root):
    assert len(load(root, 0.9, test_mode=True)) == 30


def test_mosaic_draws_balanced_partners(root):
    """The partners are drawn from the same list as the image itself."""
    np.random.seed(0)
    labels = Counter()
    dataset = load(root, 0.9, pipeline=[*READ, MOSAIC])
    for _ in range(60):
        labels.update(dataset[0]['gt_bboxes_labels'].tolist())
    # Of 36 images nine are repeated sad ones; 0.1 of the partners without.
    happy, sad = labels[3], labels[5]
    assert 0.15 < sad / (happy + sad) < 0.35


def test_it_replaces_the_data_set_in_a_config(root):
    dataset = DATASETS.build(
        dict(
            type='ClassBalancedFERVOCDataset',
            oversample_thr=0.4,
            ann_file=SPLIT,
            data_root=str(root),
        )
    )
    assert len(dataset) == 33


@pytest.mark.parametrize('threshold', [0, -1, 1.5])
def test_a_threshold_out_of_range(root, threshold):
    with pytest.raises(InputError, match='oversample_thr'):
        load(root, threshold)
