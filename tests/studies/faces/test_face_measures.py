"""The figures of detectors for which they can be told by hand."""

import math

import pytest
from fake_detections import face, seen

from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.faces.measures import (
    FacelessPictures,
    FoundFaces,
    NamedPicture,
    Photographs,
    SingleFaces,
    found_by_group,
    photographs_by_source,
)

BOX, ELSEWHERE = (10, 10, 50, 50), (200, 200, 240, 240)


def single(truth, *faces, name='a'):
    return seen([(BOX, truth)], *faces, name=name)


def test_a_perfect_detector():
    pictures = [single(name, face(BOX, name)) for name in EXPRESSIONS]

    figures = SingleFaces.of(pictures, 96, 0.5)
    assert (figures.size, figures.num_faces) == (96, 7)
    assert figures.accuracy == figures.macro_f1 == figures.found == 1
    assert figures.accuracy_above == 1
    assert set(figures.f1.values()) == {1}

    figures = Photographs.of(pictures, 0.5)
    assert figures.mean_ap == figures.avg_f1 == figures.avg_f1_above == 1
    assert figures.face_ap == figures.found == figures.right == 1

    figures = FoundFaces.of(pictures, 0.5)
    assert figures.ap == figures.recall == figures.precision == 1


def test_a_detector_that_sees_nothing():
    pictures = [single('Happy'), single('Sad')]
    figures = SingleFaces.of(pictures, 96, 0.5)
    assert figures.accuracy == figures.macro_f1 == figures.found == 0
    figures = Photographs.of(pictures, 0.5)
    assert figures.mean_ap == figures.avg_f1 == figures.face_ap == 0
    assert figures.found == figures.right == 0


def test_a_detector_that_always_says_happy():
    truths = ['Happy', 'Happy', 'Sad', 'Anger']
    pictures = [single(truth, face(BOX, 'Happy')) for truth in truths]

    figures = SingleFaces.of(pictures, 96, 0.5)
    assert figures.accuracy == 0.5
    # Precision 2/4, recall 1; the other two that occur have 0.
    assert figures.f1['Happy'] == pytest.approx(2 / 3)
    assert figures.macro_f1 == pytest.approx(2 / 9)
    assert math.isnan(figures.f1['Fear'])
    assert figures.found == 1

    figures = Photographs.of(pictures, 0.5)
    assert figures.avg_f1 == figures.avg_f1_above == pytest.approx(2 / 9)
    assert (figures.face_ap, figures.found, figures.right) == (1, 1, 0.5)


def test_of_a_single_face_the_best_detection_counts():
    picture = single(
        'Sad', face(BOX, 'Sad', 0.4), face(ELSEWHERE, 'Happy', 0.6)
    )
    figures = SingleFaces.of([picture], 96, 0.5)
    assert (figures.accuracy, figures.found) == (0, 0)


def test_a_single_face_named_below_the_threshold():
    figures = SingleFaces.of([single('Sad', face(BOX, 'Sad', 0.4))], 96, 0.5)
    assert (figures.accuracy, figures.accuracy_above) == (1, 0)


def test_average_precision_hears_every_name_of_a_face():
    picture = single('Sad', face(BOX, 'Happy', 0.6, Sad=0.55))
    figures = Photographs.of([picture], 0.5)
    assert (figures.mean_ap, figures.avg_f1) == (1, 1)
    # What is shown is one name, and it is wrong.
    assert (figures.avg_f1_above, figures.right, figures.found) == (0, 0, 1)


def test_of_two_detections_on_a_face_the_better_names_it():
    picture = single('Sad', face(BOX, 'Happy', 0.9), face(BOX, 'Sad', 0.8))
    figures = Photographs.of([picture], 0.5)
    assert (figures.found, figures.right) == (1, 0)


def test_sources():
    pictures = [
        single('Sad', face(BOX, 'Sad'), name='b1'),
        single('Sad', face(ELSEWHERE, 'Sad'), name='a1'),
        single('Sad', face(BOX, 'Sad'), name='b2'),
    ]
    figures = photographs_by_source(pictures, 0.5, lambda name: name[0])
    assert [(x.source, x.num_images, x.right) for x in figures] == [
        ('', 3, pytest.approx(2 / 3)),
        ('a', 1, 0),
        ('b', 2, 1),
    ]
    assert len(photographs_by_source(pictures, 0.5)) == 1


def test_groups_of_faces():
    # One bare face of two is found; the masked one is, below the threshold.
    bare, masked, missed = BOX, ELSEWHERE, (300, 10, 340, 50)
    picture = seen(
        [(bare, None, 'no'), (masked, None, 'yes'), (missed, None, 'no')],
        face(bare, 'Happy'),
        face(masked, 'Sad', 0.3),
    )
    everyone, without, with_mask = found_by_group([picture], 0.5)
    assert [x.group for x in (everyone, without, with_mask)] == [
        '',
        'no',
        'yes',
    ]
    assert (everyone.num_faces, everyone.recall) == (3, pytest.approx(1 / 3))
    assert everyone.ap == pytest.approx(2 / 3)
    assert (without.num_faces, without.ap, without.recall) == (2, 0.5, 0.5)
    assert (with_mask.ap, with_mask.recall) == (1, 0)


def test_a_detection_without_a_face_counts():
    pictures = [
        seen([], face(BOX, 'Sad', 0.7), face(ELSEWHERE, 'Sad', 0.5)),
        seen([], face(BOX, 'Sad', 0.2)),
        seen([]),
    ]
    assert FacelessPictures.of(pictures, 0.5) == FacelessPictures(
        num_images=3,
        num_detections=2,
        num_images_with_any=1,
        highest_scores=(0.7, 0.5, 0.2),
    )


@pytest.mark.parametrize(
    ('faces', 'said', 'score', 'right'),
    [
        ([face(BOX, 'Fear', 0.7), face(BOX, 'Sad', 0.3)], 'Fear', 0.7, True),
        ([face(BOX, 'Fear', 0.4)], 'Fear', 0.4, False),
        ([face(BOX, 'Sad', 0.7)], 'Sad', 0.7, False),
        ([], None, None, False),
    ],
)
def test_a_clear_expression(faces, said, score, right):
    verdict = NamedPicture.of(seen([], *faces), 'Fear', 0.5)
    assert verdict == NamedPicture('a', 'Fear', said, score, right)
