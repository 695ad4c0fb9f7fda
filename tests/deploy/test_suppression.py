"""Finished faces inside of a model."""

import numpy as np
import onnx.inliner
import onnxruntime
import pytest
from onnx import parser

from fer_yolo_mamba.apis.readings import calibrated
from fer_yolo_mamba.deploy.suppression import add_suppression

EVERYTHING = """
<ir_version: 10, opset_import: ["": 18, "fer_yolo_mamba": 1]>
everything (float[B, A, 4] all, float[B, A, 7] certain)
  => (float[B, A, 4] boxes, float[B, A, 7] scores)
{
  boxes = Identity(all)
  scores = Identity(certain)
}
"""


@pytest.fixture(scope='module')
def faces_of(describe):
    """Boxes, scores and images of the faces in what a network sees."""

    def find(boxes, scores, **described):
        model = parser.parse_model(EVERYTHING)
        add_suppression(model, describe(**described))
        model = onnx.inliner.inline_local_functions(model)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        assert [x.name for x in session.get_outputs()] == [
            *('boxes', 'scores', 'image_index')
        ]
        feed = dict(all=boxes, certain=scores)
        return session.run(None, {k: np.float32(v) for k, v in feed.items()})

    return find


def scores_of(*best):
    """Scores of the first class; the others have a tenth of it."""
    return [[score, *[score / 10] * 6] for score in best]


def test_doubles_and_weak_scores_go(faces_of):
    here, nearly_here, there = [0, 0, 10, 10], [0, 0, 10, 11], [50, 0, 60, 10]
    boxes, scores, images = faces_of(
        [[here, nearly_here, there], [here, there, there]],
        [scores_of(0.6, 0.9, 0.4), scores_of(0.1, 0.7, 0.8)],
    )
    assert boxes.tolist() == [nearly_here, there]
    np.testing.assert_allclose(scores, scores_of(0.9, 0.8), rtol=1e-5)
    assert images.tolist() == [0, 1]


def test_faces_of_an_image_fall_by_score(faces_of):
    boxes = [[[x, 0, x + 10, 10] for x in (0, 20, 40)]]
    _, scores, _ = faces_of(boxes, [scores_of(0.6, 0.9, 0.7)])
    np.testing.assert_allclose(scores[:, 0], [0.9, 0.7, 0.6], rtol=1e-5)


def test_scores_are_calibrated_before_the_threshold(faces_of):
    # logit(0.2) = -1.386; (-1.386 + 2) / 0.5 = 1.227 = logit(0.773)
    _, scores, _ = faces_of(
        [[[0, 0, 10, 10]]],
        [scores_of(0.2)],
        score_thr=0.77,
        shift=2.0,
        temperature=0.5,
    )
    assert scores[0, 0] == pytest.approx(0.7735, abs=1e-3)


def test_each_class_has_its_shift_in_the_model(faces_of):
    shift = (0.5, -1.25, 0.0, 2.0, -0.75, 1.0, 0.125)
    scores = np.random.default_rng(0).uniform(0.05, 0.95, (2, 3, 7))
    boxes = [[[x, 0, x + 10, 10] for x in (0, 20, 40)]] * 2
    found, said, images = faces_of(
        boxes, scores, score_thr=0.0, temperature=0.5, shift=shift
    )
    expected = calibrated(scores, 0.5, shift)
    assert len(said) == 6
    for box, of_classes, image in zip(found, said, images, strict=True):
        place = boxes[image].index(box.tolist())
        np.testing.assert_allclose(
            of_classes, expected[image, place], atol=1e-6
        )


def test_no_face(faces_of):
    boxes, scores, images = faces_of([[[0, 0, 1, 1]]], [scores_of(0.1)])
    assert boxes.shape == (0, 4) and scores.shape == (0, 7)
    assert images.shape == (0,)


def test_at_most_300_faces_of_an_image(faces_of):
    boxes = [[[20 * x, 0, 20 * x + 10, 10] for x in range(301)]] * 2
    *_, images = faces_of(boxes, [scores_of(*[0.9] * 301)] * 2)
    assert np.bincount(images).tolist() == [300, 300]
