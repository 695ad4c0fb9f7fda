"""From the detector's output to faces."""

import json

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from fer_yolo_mamba.apis import Face, prediction
from fer_yolo_mamba.apis.prediction import predict_faces
from fer_yolo_mamba.expressions import EXPRESSIONS


class FakeDetector:
    dataset_meta = dict(classes=EXPRESSIONS)


@pytest.fixture
def detector(monkeypatch):
    """Two faces; the detector also reads the first one as Sad."""
    found = InstanceData(
        bboxes=torch.tensor(
            [[0.0, 0, 10, 10], [0, 0, 10, 11], [20, 0, 30, 10]]
        ),
        scores=torch.tensor([0.9, 0.8, 0.4]),
        labels=torch.tensor([3, 5, 0]),
    )

    class Sample:
        pred_instances = found

    monkeypatch.setattr(
        prediction, 'inference_detector', lambda model, image: Sample
    )
    return FakeDetector()


@pytest.mark.parametrize(
    ('score_thr', 'expressions'),
    [(0.3, ['Happy', 'Anger']), (0.5, ['Happy']), (0.95, [])],
)
def test_a_face_gets_one_expression(detector, score_thr, expressions):
    image = np.zeros((20, 40, 3), np.uint8)
    faces = predict_faces(detector, image, score_thr)
    assert [face.expression for face in faces] == expressions


def test_a_face_is_plain_json():
    face = Face((1.0, 2.0, 3.0, 4.0), 'Happy', 0.5)
    assert json.loads(json.dumps(face.to_dict())) == {
        'expression': 'Happy',
        'score': 0.5,
        'bbox': [1.0, 2.0, 3.0, 4.0],
    }
