"""The page about a calibration."""

import re

import pytest
import torch
from fake_detections import face, seen

from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.faces.calibration import Calibration
from fer_yolo_mamba.studies.faces.report import CalibrationReport, Subject

BOX = (10, 10, 50, 50)


@pytest.fixture(scope='module')
def report():
    """A network whose labels are in another order, and its calibration."""
    pictures = [
        *[seen([(BOX, 'Sad')], face(BOX, 'Sad', 0.6, Fear=0.2))] * 8,
        *[seen([(BOX, 'Sad')], face(BOX, 'Fear', 0.5, Sad=0.45))] * 5,
        *[seen([(BOX, 'Fear')], face(BOX, 'Fear', 0.5, Sad=0.45))] * 2,
        *[seen([(BOX, 'Fear')], face(BOX, 'Happy', 0.3, Fear=0.2))] * 2,
    ]
    subject = Subject(
        weights='faces.safetensors',
        sha256='ba78',
        config='',
        score_thr=0.25,
        temperature=1.5,
        shift=(0.5, -1.0, 0.0, 0.0, 0.0, 0.0, 0.25),
        classes=EXPRESSIONS[::-1],
        sizes=(1.0,),
        command='python faces.py',
        environment=Environment.of(torch.device('cpu')),
    )
    return CalibrationReport(subject, Calibration.of(pictures), '17 crops')


def test_shifts_that_it_had(report):
    page = report.to_markdown()
    assert 'shift Surprise 0.500, Sad -1.000, Neutral 0.000,' in page
    assert report.to_dict()['subject']['shift'][1] == -1.0


def test_shifts_that_were_chosen(report):
    page = report.to_markdown()
    shift = report.to_dict()['calibration']['shift']
    assert list(shift) == list(EXPRESSIONS)
    assert shift['Fear'] < shift['Happy'] < shift['Sad']
    for name, value in shift.items():
        assert re.search(rf'shift before it, {name} +\| {value:.3f} ', page)
    assert re.search(r'those before +\| 58.8 .*\n.*those after +\| 76.5 ', page)


def test_options_are_in_the_order_of_the_labels(report):
    page = report.to_markdown()
    shift = report.calibration.shift
    in_order = ' '.join(f'{shift[name]:.3f}' for name in EXPRESSIONS[::-1])
    assert f' --shift {in_order} --score-thr ' in page
