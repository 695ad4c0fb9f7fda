"""Sets of known faces, crops on canvases, and detectors that look at them."""

import re

import numpy as np
import pytest
from fake_detections import FakeResult, face, known_picture, seen

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.faces.pictures import (
    KnownFace,
    composed_pictures,
    look_at,
    on_canvases,
    predictions_of,
    voc_pictures,
)


def test_expressions_of_a_set(write_set):
    root = write_set({'a': [VOCObject('angry', (1, 1, 40, 30))], 'b': []})
    first, second = voc_pictures(root, 'test', one_based=True)
    assert first.name == 'a'
    assert first.faces == (KnownFace((0, 0, 40, 30), 'Anger'),)
    assert first.image.name == 'a.png'
    assert second.faces == ()


def test_groups_of_a_set_of_boxes(write_set):
    objects = [
        VOCObject('face', (0, 0, 9, 9), attributes=dict(mask='yes')),
        VOCObject('face', (9, 9, 20, 20), attributes=dict(mask='no')),
    ]
    root = write_set({'a': objects})
    (picture,) = voc_pictures(root, 'test', has_expressions=False, group='mask')
    assert picture.faces == (
        KnownFace((0, 0, 9, 9), None, 'yes'),
        KnownFace((9, 9, 20, 20), None, 'no'),
    )


def test_a_box_without_a_group(write_set):
    root = write_set({'a': [VOCObject('face', (0, 0, 9, 9))]})
    where = re.escape(f'{root}/Annotations/a.xml: <object> 1')
    with pytest.raises(InputError, match=f'^{where} has no <mask>'):
        voc_pictures(root, 'test', has_expressions=False, group='mask')


def test_a_crop_lies_in_the_middle_of_a_canvas():
    (picture,) = on_canvases([known_picture('Sad')], [96])
    assert picture.image.shape == (320, 320, 3)
    assert picture.faces == (KnownFace((112, 112, 208, 208), 'Sad'),)
    inside = picture.image[112:208, 112:208]
    assert (inside == 200).all()
    assert (picture.image != 114).sum() == inside.size


def test_a_wide_crop_keeps_its_shape():
    crop = known_picture('Sad', side=40)
    crop = type(crop)(
        'a', crop.image[:20], (KnownFace((10, 0, 30, 20), 'Sad'),)
    )
    (picture,) = on_canvases([crop], [20])
    assert picture.faces[0].bbox == (155, 155, 165, 165)


def test_sizes_in_turn():
    crops = [known_picture('Sad')] * 3
    widths = [
        np.subtract(*picture.faces[0].bbox[2::-2])
        for picture in on_canvases(crops, [48, 96])
    ]
    assert widths == [48, 96, 48]


@pytest.mark.parametrize(
    ('crop', 'sizes', 'words'),
    [
        (known_picture('Sad', 'Happy'), [48], 'has 2 faces'),
        (known_picture(), [48], 'has 0 faces'),
        (known_picture('Sad'), [48, 400], r'\[400\] pixels: give .* 8 to 320'),
        (known_picture('Sad'), [], 'no pixels'),
    ],
)
def test_what_cannot_be_laid_on_a_canvas(crop, sizes, words):
    with pytest.raises(InputError, match=words):
        list(on_canvases([crop], sizes))


def test_looking_sorts_by_score():
    def detector(images):
        assert [image.shape for image in images] == [(48, 48, 3)]
        low, high = face((0, 0, 1, 1), 'Sad', 0.1), face((0, 0, 2, 2), 'Sad')
        return [FakeResult([low, high])]

    (picture,) = look_at(detector, [known_picture('Sad')])
    assert [x.score for x in picture.seen] == [0.9, 0.1]
    assert picture.best.score == 0.9


def test_what_a_detector_leaves_out_is_no_picture():
    with pytest.raises(InputError, match='cannot be read: name another'):
        look_at(lambda images: [], [known_picture('Sad')])


def test_a_face_is_a_detection_of_every_expression():
    picture = seen(
        [((0, 0, 9, 9), 'Sad')], face((0, 0, 9, 9), 'Sad', 0.6, Fear=0.2)
    )
    every = predictions_of([picture], every_name=True).images[0]
    assert dict(zip(every.labels.tolist(), every.scores, strict=True)) == {
        5: 0.6,
        2: 0.2,
    }
    one = predictions_of([picture]).images[0]
    assert one.labels.tolist() == [5]


def test_faces_of_other_groups_are_ignored():
    picture = seen([((0, 0, 9, 9), None, 'yes'), ((0, 0, 5, 5), None, 'no')])
    all_faces, bare = (
        predictions_of([picture], group=group).images[0].gt_ignored.tolist()
        for group in (None, 'no')
    )
    assert (all_faces, bare) == ([False, False], [True, False])


def test_pictures_that_are_composed():
    class Mixture:
        def __len__(self):
            return 2

        def compose(self, index):
            boxes = np.array([[1, 2, 3, 4], [5, 6, 7, 8.5]], np.float32)
            image = np.full((9, 9, 3), index, np.uint8)
            return image, boxes, np.array([5, 7])

    first, second = composed_pictures(Mixture())
    assert first.faces == second.faces
    assert first.faces == (
        KnownFace((1, 2, 3, 4), 'Sad'),
        KnownFace((5, 6, 7, 8.5), None),
    )
    assert second.image.max() == 1
