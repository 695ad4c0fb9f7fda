"""Composed pictures that stay, and photographs in squares as their test."""

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.datasets import FERVOCDataset, VOCObject
from fer_yolo_mamba.datasets.converters import (
    EncodedImage,
    ImageStream,
    LabelledImage,
    VOCSet,
    write_voc_set,
)
from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.datasets.images import read_image
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.studies.mixture_scenes import make_mixture_scenes

SIDE = 96


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp('drawn')
    make_demo_set(folder, dict(train=3, val=1, test=1), size=SIDE)
    return folder


@pytest.fixture
def photographs(tmp_path):
    """A white one, twice as wide as high, whose box counts from 1."""
    _, png = cv2.imencode('.png', np.full((24, 48, 3), 255, np.uint8))
    image = LabelledImage(
        'white',
        EncodedImage('.png', png.tobytes(), (48, 24)),
        ('seen',),
        (VOCObject('Fear', (5, 3, 20, 22)),),
    )
    write_voc_set(ImageStream([image], 1, origin={}), tmp_path / 'photographs')
    return tmp_path / 'photographs'


def photographs_of(root, **options):
    dataset = dict(
        type='FERVOCDataset',
        data_root=str(root),
        ann_file='ImageSets/Main/train.txt',
        **options,
    )
    return dict(type='Photographs', share=1.0, dataset=dataset)


@pytest.fixture
def config_file(repository, drawn, tmp_path):
    # The second source, were it read, would be missing.
    sources = [
        photographs_of(drawn),
        photographs_of(tmp_path / 'none', unlabelled='face'),
    ]
    path = tmp_path / 'mixture.py'
    path.write_text(f"""
_base_ = {str(repository / 'configs/fer_yolo_mamba_faces.py')!r}
train_dataloader = dict(
    dataset=dict(
        _delete_=True, type='FaceMixture', side={SIDE}, sources={sources!r}
    )
)
""")
    return path


def read(root, split):
    dataset = FERVOCDataset(
        data_root=str(root), ann_file=f'ImageSets/Main/{split}.txt', pipeline=[]
    )
    return [dataset.get_data_info(index) for index in range(len(dataset))]


def test_only_sources_with_expressions_are_composed(
    config_file, photographs, tmp_path
):
    config = load_config(config_file)

    def pictures(name, count=3, seed=0):
        out = tmp_path / name
        photos = VOCSet(photographs)
        make_mixture_scenes(config, photos, 'seen', out, count, seed)
        train = read(out, 'train')
        assert len(train) == count
        return [read_image(picture['img_path']) for picture in train]

    first, longer, other = (
        pictures('first'),
        pictures('longer', count=4),
        pictures('other', seed=1),
    )
    assert all(picture.shape == (SIDE, SIDE, 3) for picture in first)
    assert np.array_equal(first, longer[:3])
    assert not any(map(np.array_equal, first, other))


def test_the_test_is_photographs_in_squares(config_file, photographs, tmp_path):
    config = load_config(config_file)
    photos = VOCSet(photographs, one_based=True)
    make_mixture_scenes(config, photos, 'seen', tmp_path / 'set', count=1)
    (test,) = read(tmp_path / 'set', 'test')
    image = read_image(test['img_path'])
    assert image.shape == (SIDE, SIDE, 3)
    half = SIDE // 2  # WebP mixes both sides of the edge
    assert (image[: half - 4] > 250).all()
    assert (abs(image[half + 4 :].astype(int) - 114) < 5).all()
    (face,) = test['instances']
    assert face['bbox'] == [8, 4, 40, 44]
    assert face['bbox_label'] == 2


def test_the_tool_writes_what_methods_train_on(
    repository, config_file, drawn, call_tool, capsys, tmp_path
):
    call_tool(
        'analysis/mixture_scenes',
        *(config_file, '--count', 2, '--test', drawn, 'val'),
        *('--out', tmp_path / 'set'),
    )
    call_tool(
        'analysis/train_on_scenes',
        *(repository / 'configs/baselines/centernet_demo.py', '--steps', 1),
        *('--batch', 2, '--scenes', tmp_path / 'set'),
        *('--out', tmp_path / 'run'),
    )
    assert (tmp_path / 'run/predictions.json').is_file()
