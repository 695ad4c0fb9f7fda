"""Heatmaps of photographs: which score they explain, and where they lie."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from fer_yolo_mamba.apis import FERDetector, heatmaps
from fer_yolo_mamba.apis.heatmaps import HeatmapMethod
from fer_yolo_mamba.apis.readings import calibrated
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.visualization import write_image

DIRECTIONS = [
    *('rows', 'columns', 'diagonal', 'anti diagonal', 'all directions'),
    *('rows reversed', 'columns reversed'),
    *('diagonal reversed', 'anti diagonal reversed'),
]


@pytest.fixture(scope='module')
def photograph():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (90, 133, 3), np.uint8)


@pytest.fixture(scope='module')
def narrow(narrow_config, narrow_checkpoint, photograph):
    """Random weights and a calibration; it sees three faces.

    In one size, where a score is that of one cell: several share their say.
    """
    detector = FERDetector(
        *(narrow_checkpoint, 'cpu', 0.0), config=narrow_config, sizes=(1,)
    )
    # Otherwise random weights are sure of everything.
    detector.input = dataclasses.replace(
        detector.input, mean=(114.0,) * 3, std=(60.0,) * 3
    )
    detector.temperature = 1.5
    detector.shift = (0.7, 0.9, 0.5, 0.8, 0.6, 0.7, 0.4)
    (result,) = detector(photograph)
    detector.score_thr = result.faces[2].score
    return detector


@pytest.fixture(scope='module')
def result(narrow, photograph):
    (result,) = narrow(photograph)
    assert len(result.faces) >= 3
    assert 0.1 < result.faces[0].score < 0.9
    return result


@pytest.mark.parametrize(
    ('method', 'panels'),
    [
        (HeatmapMethod.GRADCAM, ['Grad-CAM']),
        (HeatmapMethod.EIGENCAM, ['EigenCAM']),
        (HeatmapMethod.SCORE, ['score: any expression']),
        (HeatmapMethod.RECEPTIVE_FIELD, DIRECTIONS),
    ],
)
def test_every_method_covers_the_photograph(
    method, panels, narrow, photograph, result
):
    heatmap = narrow.heatmap(photograph, method=method)
    assert list(heatmap.panels) == panels
    assert heatmap.faces == result.faces
    side = narrow.input.side
    for values in heatmap.panels.values():
        assert values.shape == (round(90 * side / 133), side)
        assert values.dtype == np.float32
        assert values.min() >= 0
        assert 0 < values.max() <= 1


def test_a_path_and_a_name_serve_as_well(
    narrow, photograph, tmp_path, monkeypatch
):
    path = tmp_path / 'photo.png'
    write_image(path, photograph)
    monkeypatch.setenv('HOME', str(tmp_path))
    (values,) = narrow.heatmap('~/photo.png', method='eigencam').panels.values()
    (expected,) = narrow.heatmap(
        photograph, method=HeatmapMethod.EIGENCAM
    ).panels.values()
    np.testing.assert_array_equal(values, expected)


def test_the_score_explained_is_that_of_the_surest_cell_at_the_face(
    narrow, photograph, result
):
    sizes = [heatmaps._Size.of(narrow, photograph, x) for x in narrow.sizes]
    said = []
    for face in result.faces:
        _, score = heatmaps._find(narrow, sizes, face)
        shift = narrow.shift[narrow.classes.index(face.expression)]
        said.append(
            calibrated(score.detach().numpy(), narrow.temperature, shift)
        )
        assert said[-1] >= face.score - 1e-6
    assert said[0] == pytest.approx(result.faces[0].score, abs=1e-6)


@pytest.mark.parametrize(
    ('said', 'chosen'),
    [
        ((0.9, 0.6, 0.6), 1.0),  # where it is 96 pixels high
        ((0.9, 0.2, 0.9), 0.5),  # 48, but surer
        ((0.9, 0.0, 0.0), 2.0),  # the largest where no other sees it
    ],
)
def test_that_size_is_explained_which_says_most_of_the_name(
    said, chosen, narrow
):
    sizes = [
        heatmaps._Size(
            size,
            torch.zeros(1, 3, int(320 * size), int(320 * size)),
            (size, size),
            (int(320 * size),) * 2,
            [],
            [torch.full((7, 10, 10), score)],
        )
        for size, score in zip((2.0, 1.0, 0.5), said, strict=True)
    ]
    face = Face((50, 50, 150, 146), 'Happy')
    size, _ = heatmaps._find(narrow, sizes, face)
    assert size.size == chosen


def test_a_map_of_scores_is_that_of_the_face(narrow, photograph, result):
    face = result.faces[0]
    heatmap = narrow.heatmap(photograph, face, HeatmapMethod.SCORE)
    ((title, values),) = heatmap.panels.items()
    assert title == f'score: {face.expression}'
    assert values.max() == pytest.approx(face.score, abs=0.05)


def test_of_several_faces_the_greatest_counts(narrow, photograph, result):
    (together,) = narrow.heatmap(photograph).panels.values()
    of_each = [
        narrow.heatmap(photograph, face).panels['Grad-CAM']
        for face in result.faces
    ]
    assert all(values.any() for values in of_each)
    np.testing.assert_allclose(together, np.max(of_each, axis=0), atol=1e-6)


def test_a_receptive_field_is_strongest_at_the_face(narrow, photograph):
    face = Face((100, 20, 120, 40), 'Happy')
    panels = narrow.heatmap(photograph, face, 'receptive_field').panels
    values = panels['all directions']
    row, column = np.unravel_index(values.argmax(), values.shape)
    scale = narrow.input.side / 133
    # The upper left corner of a cell of 8 pixels around the centre.
    assert 0 <= 30 * scale - row < 8
    assert 0 <= 110 * scale - column < 8


def test_nothing_speaks_for_no_face(narrow, photograph, monkeypatch):
    monkeypatch.setattr(narrow, 'score_thr', 1.0)
    heatmap = narrow.heatmap(photograph)
    assert heatmap.faces == ()
    assert not heatmap.panels['Grad-CAM'].any()


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (dict(method='gradcan'), "'gradcan': choose from gradcam, eigencam"),
        (dict(face=2), 'of type int: give one of'),
        (dict(face=Face((0, 0, 9, 9), 'Bored')), 'Bored.*one of Anger'),
        (dict(face=Face((900, 0, 950, 9), 'Happy')), 'not in the photograph'),
    ],
)
def test_what_cannot_be_explained(arguments, words, narrow, photograph):
    with pytest.raises(InputError, match=words):
        narrow.heatmap(photograph, **arguments)


def test_a_network_without_a_scan_has_no_receptive_field(
    narrow_config, photograph, tmp_path
):
    from mmyolo.registry import MODELS

    config = load_config(narrow_config)
    config.model.neck.vss_cfg = dict(oss=False)
    path = tmp_path / 'epoch_1.pth'
    model = MODELS.build(config.model)
    torch.save(dict(meta={}, state_dict=model.state_dict()), path)
    detector = FERDetector(path, 'cpu', config=config)
    with pytest.raises(InputError, match='scans nothing'):
        detector.heatmap(photograph, method='receptive_field')
    assert detector.heatmap(photograph, method='score').panels


def test_a_network_of_another_runtime_is_closed(narrow, photograph):
    closed = copy.copy(narrow)
    vars(closed).pop('model', None)
    closed.network = lambda batch: narrow.network(batch)
    with pytest.raises(InputError, match='take the weights that it was'):
        closed.heatmap(photograph)
