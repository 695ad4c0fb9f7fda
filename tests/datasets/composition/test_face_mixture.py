"""Pictures composed of crops and photographs, each source with its share."""

import numpy as np
import pytest
import torch
from composition_sets import HAPPY, UNNAMED, crop_set, photograph_set
from torch.utils.data import DataLoader

from fer_yolo_mamba.datasets.composition import FaceMixture
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS

HAPPY_INDEX = EXPRESSIONS.index('Happy')
UNKNOWN = len(EXPRESSIONS)


def sources(root):
    """A source of Happy photographs, and one of Anger crops."""
    (root / 'photos').mkdir()
    photos = photograph_set(root / 'photos', [HAPPY])
    crops = crop_set(root / 'crops', ['Anger'])
    backdrops = photograph_set(root / 'backdrops', [], [])
    return [
        dict(type='Photographs', share=1, dataset=photos),
        dict(
            type='PastedFaces',
            share=3,
            crops=dict(dataset=crops),
            backgrounds=dict(dataset=backdrops),
        ),
    ]


@pytest.fixture
def mixture(tmp_path):
    return FaceMixture(sources(tmp_path), side=64, length=12)


def same(one, other):
    return all(map(np.array_equal, one, other))


def test_a_picture_follows_from_seed_epoch_and_index(mixture, tmp_path):
    first = [mixture.compose(index) for index in range(3)]
    assert all(map(same, first, [mixture.compose(i) for i in range(3)]))
    assert not same(first[0], first[1])

    mixture.set_epoch(1)
    assert not any(map(same, first, [mixture.compose(i) for i in range(3)]))
    mixture.set_epoch(0)
    mixture.set_seed(1)
    assert not any(map(same, first, [mixture.compose(i) for i in range(3)]))
    mixture.set_seed(0)
    assert all(map(same, first, [mixture.compose(i) for i in range(3)]))


def test_a_seed_of_its_own_stays(tmp_path):
    own = FaceMixture(sources(tmp_path), side=64, length=2, seed=0)
    first = own.compose(1)
    own.set_seed(1)
    assert same(own.compose(1), first)


@pytest.mark.parametrize('epoch', [0, 5])
def test_workers_change_nothing(mixture, epoch):
    mixture.set_epoch(epoch)
    expected = [mixture[index]['inputs'] for index in range(12)]
    for workers in (1, 2):
        loader = DataLoader(
            mixture, batch_size=None, num_workers=workers, shuffle=False
        )
        found = [item['inputs'] for item in loader]
        assert all(map(torch.equal, found, expected))


def test_what_the_training_loop_needs(mixture):
    assert len(mixture) == 12
    assert mixture.metainfo['classes'] == EXPRESSIONS
    item = mixture[3]
    assert item['inputs'].shape == (3, 64, 64)
    assert item['inputs'].dtype == torch.uint8
    sample = item['data_samples']
    assert sample.ori_shape == sample.img_shape == (64, 64)
    assert sample.scale_factor == (1.0, 1.0)
    faces = sample.gt_instances
    assert faces.bboxes.tensor.shape == (len(faces.labels), 4)
    assert faces.bboxes.tensor.dtype == torch.float32
    assert faces.labels.dtype == torch.int64
    with pytest.raises(IndexError):
        mixture[12]


def test_boxes_lie_in_the_picture(mixture):
    for index in range(12):
        image, boxes, labels = mixture.compose(index)
        assert image.shape == (64, 64, 3) and len(boxes) == len(labels)
        assert (boxes >= 0).all() and (boxes <= 64).all()
        assert (boxes[:, 2:] - boxes[:, :2] >= 4).all()


def test_shares_hold(tmp_path):
    mixture = FaceMixture(sources(tmp_path), side=64, length=400, mosaic=0)
    kinds = [set(mixture.compose(i).labels.tolist()) for i in range(400)]
    # Three standard deviations of the share of photographs.
    assert kinds.count({HAPPY_INDEX}) / 400 == pytest.approx(0.25, abs=0.065)
    assert kinds.count({0}) + kinds.count({HAPPY_INDEX}) == 400


def test_a_mosaic_has_four_parts(tmp_path):
    root = tmp_path / 'photos'
    photos = photograph_set(root, [HAPPY])
    mixture = FaceMixture(
        [dict(type='Photographs', share=1, dataset=photos)],
        side=128,
        length=20,
        mosaic=1,
    )
    pictures = [mixture.compose(index) for index in range(20)]
    assert max(len(picture.boxes) for picture in pictures) == 4
    x_middles = np.concatenate(
        [picture.boxes[:, [0, 2]].mean(1) for picture in pictures]
    )
    assert x_middles.min() < 50 and x_middles.max() > 78


def test_pictures_without_faces(tmp_path):
    backdrops = photograph_set(tmp_path, [], [])
    mixture = FaceMixture(
        [dict(type='Photographs', share=0.5, dataset=backdrops)],
        side=64,
        length=6,
        mosaic=0.5,
    )
    for index in range(6):
        _, boxes, labels = mixture.compose(index)
        assert boxes.shape == (0, 4) and labels.shape == (0,)
        assert boxes.dtype == np.float32 and labels.dtype == np.int64
    assert len(mixture[0]['data_samples'].gt_instances) == 0


def test_faces_without_an_expression_stay_so(tmp_path):
    scenes = photograph_set(tmp_path, [UNNAMED], unlabelled='face')
    mixture = FaceMixture(
        [dict(type='Photographs', share=1, dataset=scenes)],
        side=64,
        length=10,
        mosaic=0.5,
    )
    assert mixture.label_names == (*EXPRESSIONS, 'face')
    labels = np.concatenate([mixture.compose(i).labels for i in range(10)])
    assert len(labels) and set(labels.tolist()) == {UNKNOWN}


@pytest.mark.parametrize('share', [0, -1, None, '1', float('nan')])
def test_shares_are_positive(tmp_path, share):
    photos = photograph_set(tmp_path, [HAPPY])
    with pytest.raises(InputError, match='share of Photographs is'):
        FaceMixture([dict(type='Photographs', share=share, dataset=photos)])


@pytest.mark.parametrize(
    'options', [dict(side=8), dict(length=0), dict(mosaic=1.5)]
)
def test_settings_out_of_range(tmp_path, options):
    photos = photograph_set(tmp_path, [HAPPY])
    with pytest.raises(InputError, match='at least 32 pixels'):
        FaceMixture(
            [dict(type='Photographs', share=1, dataset=photos)], **options
        )


def test_no_sources():
    with pytest.raises(InputError, match='sources is empty'):
        FaceMixture([])


def test_all_sources_have_the_same_classes(tmp_path):
    parts = sources(tmp_path)
    parts[0]['dataset'].update(metainfo=dict(classes=('Sad', 'Happy')))
    with pytest.raises(InputError, match='Sad, Happy'):
        FaceMixture(parts)


def test_a_set_is_read_once(tmp_path, monkeypatch):
    read = []
    module = 'fer_yolo_mamba.datasets.composition'
    for name in ('pictures', 'face_crops'):
        built = __import__(f'{module}.{name}', fromlist=['build_set']).build_set

        def counting(config, built=built):
            read.append(config['data_root'])
            return built(config)

        monkeypatch.setattr(f'{module}.{name}.build_set', counting)
    photos, pasted = sources(tmp_path)
    swapped = dict(photos, swap=0.5, crops=pasted['crops'])
    mixture = FaceMixture([photos, pasted, swapped, photos])
    assert len(read) == len(set(read)) == 3
    del mixture
