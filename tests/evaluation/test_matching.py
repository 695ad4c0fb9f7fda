"""The matching by hand on a few boxes, and against a plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_yolo_mamba.evaluation import matching
from fer_yolo_mamba.evaluation.matching import iou_legacy, match_detections
from fer_yolo_mamba.evaluation.records import Detections, GroundTruths


def detections(*rows):
    """Rows of (image, score, x1, y1, x2, y2)."""
    table = np.array(rows, float).reshape(-1, 6)
    return Detections(
        boxes=table[:, 2:],
        scores=table[:, 1],
        labels=np.zeros(len(table), np.int64),
        images=table[:, 0].astype(int),
    )


def objects(*rows, ignored=()):
    """Rows of (image, x1, y1, x2, y2); ``ignored`` lists row numbers."""
    table = np.array(rows, float).reshape(-1, 5)
    return GroundTruths(
        boxes=table[:, 1:],
        labels=np.zeros(len(table), np.int64),
        ignored=np.isin(np.arange(len(table)), ignored),
        images=table[:, 0].astype(int),
    )


@pytest.mark.parametrize(
    'a, b, expected',
    [
        ((0, 0, 9, 9), (0, 0, 9, 9), 1),
        # 10 x 10 pixels against 10 x 5: with both ends counted, one half
        ((0, 0, 9, 9), (0, 0, 9, 4), 50 / 100),
        ((0, 0, 9, 4), (5, 0, 14, 4), 25 / 75),
        # boxes that share one pixel, and neighbours that share none
        ((0, 0, 1, 1), (1, 1, 2, 2), 1 / 7),
        ((0, 0, 1, 1), (2, 0, 3, 1), 0),
        ((3, 3, 3, 3), (3, 3, 3, 3), 1),
        # a box that ends before it begins has no area
        ((0, 0, 9, 9), (9, 9, 0, 0), 0),
    ],
)
def test_iou_counts_the_pixels_at_both_ends(a, b, expected):
    a, b = np.array([a], float), np.array([b], float)
    assert iou_legacy(a, b) == pytest.approx([expected])
    assert iou_legacy(b, a) == pytest.approx([expected])


def test_an_iou_of_exactly_the_threshold_matches():
    face = objects((0, 0, 0, 9, 9))
    half = detections((0, 0.9, 0, 0, 9, 4))
    # without the extra pixel the IoU would be 36 / 81
    assert match_detections(half, face, 0.5).true_positive.all()
    assert not match_detections(half, face, 0.51).true_positive.any()


def test_the_second_detection_of_a_face_is_wrong():
    matches = match_detections(
        detections((0, 0.6, 0, 0, 9, 9), (0, 0.7, 0, 0, 9, 8)),
        objects((0, 0, 0, 9, 9)),
    )
    assert matches.scores.tolist() == [0.7, 0.6]
    assert matches.true_positive.tolist() == [True, False]
    assert matches.detection.tolist() == [1, 0]
    assert matches.ground_truth.tolist() == [0, -1]


def test_a_detection_whose_best_face_is_taken_is_wrong():
    """The devkit's rule: also where it overlaps another face enough."""
    faces = objects((0, 0, 0, 9, 9), (0, 0, 2, 9, 11))
    found = detections((0, 0.9, 0, 0, 9, 9), (0, 0.8, 0, 0, 9, 9))
    assert (iou_legacy(found.boxes, faces.boxes[[1, 1]]) >= 0.5).all()
    matches = match_detections(found, faces)
    assert matches.true_positive.tolist() == [True, False]
    assert matches.ignored.tolist() == [False, False]
    assert matches.ground_truth.tolist() == [0, -1]


def test_a_face_may_be_taken_from_the_start():
    faces = objects((0, 0, 0, 9, 9), (0, 0, 2, 9, 11))
    found = detections((0, 0.9, 0, 0, 9, 9), (0, 0.8, 0, 2, 9, 11))
    matches = match_detections(found, faces, taken=np.array([True, False]))
    assert matches.true_positive.tolist() == [False, True]
    assert matches.num_ground_truths == 2


def test_faces_of_other_images_do_not_count():
    matches = match_detections(
        detections((1, 0.9, 0, 0, 9, 9)), objects((0, 0, 0, 9, 9))
    )
    assert not matches.true_positive.any()
    assert matches.num_ground_truths == 1


def test_a_difficult_face_absorbs_what_overlaps_it_most():
    faces = objects((0, 0, 0, 9, 9), (0, 0, 0, 9, 8), ignored=[1])
    matches = match_detections(
        detections(
            (0, 0.9, 0, 0, 9, 8),
            (0, 0.8, 0, 0, 9, 8),
            (0, 0.7, 0, 0, 9, 9),
            (0, 0.6, 0, 0, 9, 9),
            (0, 0.5, 50, 0, 59, 8),
        ),
        faces,
    )
    assert matches.true_positive.tolist() == [False, False, True, False, False]
    assert matches.ignored.tolist() == [True, True, False, False, False]
    assert matches.ground_truth.tolist() == [-1, -1, 0, -1, -1]
    assert matches.num_ground_truths == 1


def test_equal_scores_are_ordered_by_what_the_boxes_are():
    face = objects((0, 5, 0, 14, 9))
    left = (0, 0.5, 3, 0, 12, 9)
    right = (0, 0.5, 5, 0, 14, 9)
    for rows in ((left, right), (right, left)):
        matches = match_detections(detections(*rows), face)
        assert matches.true_positive.tolist() == [True, False]
        assert rows[matches.detection[0]] == left


@pytest.mark.parametrize('with_face', [0, 1])
def test_of_equal_detections_the_wrong_one_comes_first(with_face):
    twins = detections((0, 0.5, 0, 0, 9, 9), (1, 0.5, 0, 0, 9, 9))
    matches = match_detections(twins, objects((with_face, 0, 0, 9, 9)))
    assert matches.true_positive.tolist() == [False, True]
    assert matches.images.tolist() == [1 - with_face, with_face]


@pytest.mark.parametrize(
    'found, faces',
    [
        (detections(), objects()),
        (detections(), objects((0, 0, 0, 9, 9))),
        (detections((0, 0.5, 0, 0, 9, 9)), objects()),
        (
            detections((0, 0.5, 0, 0, 9, 9)),
            objects((0, 40, 0, 49, 9), ignored=[0]),
        ),
    ],
)
def test_nothing_to_match(found, faces):
    matches = match_detections(found, faces)
    assert len(matches.scores) == len(found.scores)
    assert not matches.true_positive.any()
    assert not matches.ignored.any()


# Few coordinates and scores, so that ties of every kind are common.
coordinate = st.integers(0, 3).map(lambda value: 4.0 * value)
box = st.tuples(coordinate, coordinate, coordinate, coordinate).map(
    lambda b: (b[0], b[1], b[0] + b[2] + 4, b[1] + b[3] + 4)
)
image = st.integers(0, 2)
score = st.sampled_from([0.2, 0.5, 0.9])
some_detections = st.lists(st.tuples(image, score, box), max_size=12)
some_objects = st.lists(st.tuples(image, box, st.booleans()), max_size=8)


def tables(found, faces):
    return (
        detections(*[(i, s, *b) for i, s, b in found]),
        objects(
            *[(i, *b) for i, b, _ in faces],
            ignored=[n for n, face in enumerate(faces) if face[2]],
        ),
    )


def plain_iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    area = [(c[2] - c[0] + 1) * (c[3] - c[1] + 1) for c in (a, b)]
    return width * height / (sum(area) - width * height)


def plain_matching(found, faces):
    """The protocol as one loop over detections; (score, verdict) pairs."""
    taken = set()
    verdicts = []
    for i, s, b in sorted(found, key=lambda d: (-d[1], d[2])):
        best, best_iou = None, -1.0
        for n, (face_image, face, _) in enumerate(faces):
            overlap = plain_iou(b, face)
            if face_image == i and overlap > best_iou:
                best, best_iou = n, overlap
        if best_iou < 0.5:
            verdicts.append((s, 'wrong'))
        elif faces[best][2]:
            verdicts.append((s, 'ignored'))
        elif best in taken:
            verdicts.append((s, 'wrong'))
        else:
            taken.add(best)
            verdicts.append((s, 'right'))
    return sorted(verdicts)


def verdicts_of(matches):
    names = np.where(matches.ignored, 'ignored', 'wrong')
    names = np.where(matches.true_positive, 'right', names)
    return list(zip(matches.scores.tolist(), names.tolist(), strict=True))


@settings(max_examples=150, deadline=None)
@given(some_detections, some_objects)
def test_agrees_with_a_plain_loop(found, faces):
    matches = match_detections(*tables(found, faces))
    assert sorted(verdicts_of(matches)) == plain_matching(found, faces)


@settings(max_examples=100, deadline=None)
@given(some_detections, some_objects, st.permutations(range(3)), st.randoms())
def test_the_order_of_images_and_detections_is_without_effect(
    found, faces, places, random
):
    expected = verdicts_of(match_detections(*tables(found, faces)))
    moved = [(places[i], s, b) for i, s, b in found]
    random.shuffle(moved)
    faces = [(places[i], b, ignored) for i, b, ignored in faces]
    assert verdicts_of(match_detections(*tables(moved, faces))) == expected


@pytest.mark.parametrize('pairs', [1, 2, 5])
def test_the_size_of_a_block_is_without_effect(pairs, monkeypatch):
    random = np.random.default_rng(0)
    corners = random.integers(0, 12, (80, 2))
    boxes = np.hstack([corners, corners + random.integers(4, 9, (80, 2))])
    images = random.integers(0, 5, 80)
    rows = np.column_stack([images, random.random(80), boxes])
    faces = np.delete(rows[50:], 1, axis=1)
    tested = detections(*rows[:50]), objects(*faces, ignored=[3, 4])
    expected = match_detections(*tested)
    assert expected.true_positive.any() and expected.ignored.any()
    monkeypatch.setattr(matching, '_PAIRS', pairs)
    np.testing.assert_equal(vars(match_detections(*tested)), vars(expected))


@settings(max_examples=60, deadline=None)
@given(some_detections, some_objects)
def test_no_object_is_found_twice(found, faces):
    found, faces = tables(found, faces)
    matches = match_detections(found, faces)
    taken = matches.ground_truth[matches.true_positive]
    assert len(set(taken)) == len(taken)
    assert (matches.ground_truth[~matches.true_positive] == -1).all()
    assert not faces.ignored[taken].any()
    assert (faces.images[taken] == matches.images[matches.true_positive]).all()
    assert (found.scores[matches.detection] == matches.scores).all()
    assert (np.diff(matches.scores) <= 0).all()
