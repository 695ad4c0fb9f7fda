"""Scores that mean what they say."""

import numpy as np
import pytest
import torch

from fer_yolo_mamba.apis import Face, FERResult
from fer_yolo_mamba.apis.readings import calibrated
from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import ImageRecord, Predictions
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.calibration import (
    Calibration,
    calibrate,
    read_photographs,
)


def test_it_does_what_the_detector_does():
    scores = np.linspace(0, 1, 9)
    torch.testing.assert_close(
        torch.from_numpy(calibrate(scores, 0.8, 0.6)),
        calibrated(torch.from_numpy(scores), 0.8, 0.6),
    )


def images_with(scores, right):
    """One detection and one face an image; wrong ones miss the face."""
    face = np.array([[0.0, 0, 10, 10]])
    nothing = np.zeros(1, int)
    return Predictions(
        ('Happy',),
        tuple(
            ImageRecord(
                *(face if hit else face + 50, np.array([score]), nothing),
                *(face, nothing, nothing.astype(bool)),
            )
            for score, hit in zip(scores, right, strict=True)
        ),
    )


def test_the_law_behind_the_scores_is_found():
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.05, 0.95, 3000)
    right = rng.uniform(size=3000) < calibrate(scores, 0.8, 0.6)
    found = Calibration.of(images_with(scores, right))
    assert found.temperature == pytest.approx(0.8, abs=0.1)
    assert found.shift == pytest.approx(0.6, abs=0.1)
    assert found.ece_after < 0.03 < found.ece_before
    assert 0 < found.score_thr < 0.6
    assert str(found).startswith('--temperature 0.')


@pytest.mark.parametrize('right', [True, False])
def test_a_calibration_needs_both_kinds(right):
    with pytest.raises(InputError, match='right and wrong'):
        Calibration.of(images_with([0.5, 0.6], [right] * 2))


def test_photographs_become_records(tmp_path):
    make_demo_set(tmp_path, dict(train=1, val=2, test=1), size=96)

    class Detector:
        classes = EXPRESSIONS

        def __call__(self, path):
            face = Face((1.0, 2.0, 30.0, 40.0), 'Sad', 0.7)
            return [FERResult((face,), 96, 96, path)]

    predictions = read_photographs(Detector(), tmp_path, 'val')
    assert predictions.class_names == EXPRESSIONS
    assert len(predictions.images) == 2
    for image in predictions.images:
        assert image.labels.tolist() == [EXPRESSIONS.index('Sad')]
        assert len(image.gt_boxes) == len(image.gt_labels) > 0
