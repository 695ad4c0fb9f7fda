"""Pictures for comparisons: composed once, the test of other people."""

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.datasets import FERVOCDataset, VOCObject
from fer_yolo_mamba.datasets.converters import (
    EncodedImage,
    ImageStream,
    LabelledImage,
    write_voc_set,
)
from fer_yolo_mamba.studies.ferplus_scenes import make_ferplus_scenes

COUNTS = dict(train=2, val=1, test=2)


def grey_set(root, levels, *faces):
    """A picture of one level of grey for each split."""

    def image(split, level):
        _, png = cv2.imencode('.png', np.full((48, 48, 3), level, np.uint8))
        source = EncodedImage('.png', png.tobytes(), (48, 48))
        return LabelledImage(f'of_{split}', source, (split,), faces)

    images = [image(*item) for item in levels.items()]
    write_voc_set(ImageStream(images, len(images), origin={}), root)
    return root


@pytest.fixture(scope='module')
def sources(tmp_path_factory):
    root = tmp_path_factory.mktemp('sources')
    face = VOCObject('Happy', (8, 4, 40, 44))
    return (
        grey_set(root / 'crops', dict(train=255, val=255), face),
        grey_set(root / 'none', dict(no_face_train=90, no_face_val=90)),
    )


def read(root, split):
    dataset = FERVOCDataset(
        data_root=str(root), ann_file=f'ImageSets/Main/{split}.txt', pipeline=[]
    )
    return [dataset.get_data_info(index) for index in range(len(dataset))]


def test_a_set_has_the_pictures_that_were_asked_for(sources, tmp_path):
    report = make_ferplus_scenes(*sources, tmp_path / 'set', COUNTS)
    assert report.images == 5
    for split, count in COUNTS.items():
        pictures = read(tmp_path / 'set', split)
        assert len(pictures) == count
        for picture in pictures:
            assert (picture['width'], picture['height']) == (320, 320)
            assert 1 <= len(picture['instances']) <= 16
    # Validation and test are of the same crops, but other pictures.
    (val,) = read(tmp_path / 'set', 'val')
    test, _ = read(tmp_path / 'set', 'test')
    assert val['instances'] != test['instances']


def test_a_picture_follows_from_seed_split_and_number(sources, tmp_path):
    def pictures(name, counts=COUNTS, seed=0):
        make_ferplus_scenes(*sources, tmp_path / name, counts, seed)
        folder = tmp_path / name / 'JPEGImages'
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = pictures('first')
    longer = pictures('longer', dict(COUNTS, train=3))
    assert first.items() <= longer.items()
    test = pictures('test', dict(test=COUNTS['test']))
    assert test and test.items() <= first.items()
    other = pictures('other', seed=1)
    assert not any(other[name] == first[name] for name in first)
