"""A small detector, and what it says of itself."""

import pytest

pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

from sharp_detectors import build_sharp

from fer_yolo_mamba.deploy.onnx_export import export_onnx
from fer_yolo_mamba.engine.description import (
    Description,
    InputSide,
)
from fer_yolo_mamba.expressions import EXPRESSIONS


@pytest.fixture(scope='session')
def describe():
    """Says of a network for squares what a weights file would."""

    def description(side=64, **others):
        return Description(
            model=dict(type='YOLODetector'),
            classes=EXPRESSIONS,
            input=InputSide(side, 114, 'BGR', (0, 0, 0), (1, 1, 1)),
            **others,
        )

    return description


@pytest.fixture(scope='session')
def build_narrow(narrow_config):
    """Builds the same narrow FER-YOLO-Mamba every time."""

    return lambda: build_sharp(narrow_config)


@pytest.fixture(scope='session')
def for_one_size(build_narrow, describe):
    """A portable model for squares of 64 pixels, and its detector."""
    detector = build_narrow()
    return export_onnx(detector, describe(sizes=(1.0, 0.5))), detector
