"""Plots of tests say what their tables say; plots of networks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_yolo_mamba.datasets.checks import SetStatistics
from fer_yolo_mamba.evaluation import (
    DetectionAnalysis,
    ImageRecord,
    MatchedClasses,
    Mistake,
    Predictions,
)
from fer_yolo_mamba.visualization import (
    draw_complexity,
    draw_confusion,
    draw_mistakes,
    draw_precision_recall,
    draw_reliability,
    draw_thresholds,
    figure_png,
)
from fer_yolo_mamba.visualization.ground_truth import draw_classes

GOLDEN = Path(__file__).parents[1] / 'data' / 'detection_metric.json'
IOU_THR, SCORE_THR = 0.6, 0.35


def golden_predictions(found=True, faces=True):
    golden = json.loads(GOLDEN.read_text())
    images = []
    for image in golden['images']:
        det = np.array(image['det'] if found else [], float).reshape(-1, 6)
        gt = np.array(image['gt'] if faces else [], float).reshape(-1, 5)
        images.append(
            ImageRecord(
                det[:, :4],
                det[:, 4],
                det[:, 5].astype(int),
                gt[:, :4],
                gt[:, 4].astype(int),
                np.zeros(len(gt), bool),
                path=f'{image["image_id"]}.jpg',
                width=640,
                height=480,
            )
        )
    return Predictions(tuple(golden['classes']), tuple(images))


@pytest.fixture(scope='module')
def analysis():
    matched = MatchedClasses.of(golden_predictions(), IOU_THR)
    return DetectionAnalysis.of(matched, SCORE_THR)


def title_of(figure):
    titles = [axis.get_title() for axis in figure.axes]
    return ' '.join([figure.get_suptitle(), *titles])


@pytest.mark.parametrize(
    'draw',
    [
        draw_precision_recall,
        draw_thresholds,
        draw_reliability,
        lambda analysis: draw_confusion(analysis.confusion),
    ],
)
def test_titles_state_both_thresholds(analysis, draw):
    title = title_of(draw(analysis))
    assert 'IoU ≥ 0.6' in title
    assert 'score ≥ 0.35' in title


def test_the_area_under_each_curve_is_the_ap_of_the_table(analysis):
    (axis,) = draw_precision_recall(analysis).axes
    curves = [line for line in axis.lines if line.get_linestyle() == '-']
    points = [line for line in axis.lines if line.get_marker() == 'o']
    for curve, point, result in zip(
        curves, points, analysis.report.classes, strict=True
    ):
        x, y = curve.get_data()
        assert curve.get_drawstyle() == 'steps-post'
        assert (np.diff(x) * y[:-1]).sum() == pytest.approx(result.ap)
        assert curve.get_label() == f'{result.name}, AP {100 * result.ap:.2f} %'
        assert point.get_data() == ([result.recall], [result.precision])


def test_the_curves_pass_through_the_figures_of_the_table(analysis):
    axes = draw_thresholds(analysis).axes
    report = analysis.report
    averages = (report.avg_precision, report.avg_recall, report.avg_f1)
    for axis, name, average in zip(
        axes, ('precision', 'recall', 'f1'), averages, strict=True
    ):
        expected = [getattr(result, name) for result in report.classes]
        expected.append(average)
        for line, value in zip(axis.lines, expected, strict=False):
            x, y = line.get_data()
            assert y[x == SCORE_THR] == pytest.approx([value])
            assert line.get_label().endswith(f' {value:.4f}')
    dots = [line for line in axes[2].lines if line.get_marker() == 'o']
    assert [dot.get_data() for dot in dots] == [
        ([best.score], [best.f1])
        for best in (
            *(curve.best for curve in analysis.curves),
            analysis.common_threshold,
        )
    ]


def test_the_cells_are_the_counts_and_the_recall(analysis):
    counts, percent = draw_confusion(analysis.confusion).axes
    side = len(analysis.confusion.labels)
    cells = np.reshape([int(t.get_text()) for t in counts.texts], (side, side))
    shares = np.reshape([t.get_text() for t in percent.texts], (side, side))
    for label, result in enumerate(analysis.report.classes):
        assert cells[label, label] == result.num_true_positives
        assert cells[label].sum() == result.num_ground_truths
        assert cells[:, label].sum() == result.num_detections
        assert shares[label, label] == f'{100 * result.recall:.1f}'


def test_the_diagram_has_every_detection_in_a_bin(analysis):
    figure = draw_reliability(analysis)
    shares, counts = figure.axes
    heights = [bar.get_height() for bar in counts.patches]
    assert sum(heights) == len(analysis.matched.detections.scores)
    assert [bar.get_height() for bar in shares.patches] == pytest.approx(
        analysis.reliability.precision, nan_ok=True
    )
    assert f'ECE {analysis.reliability.ece:.4f}' in title_of(figure)
    above = sum(result.num_detections for result in analysis.report.classes)
    assert f'of the {above} with score' in title_of(figure)


@pytest.mark.parametrize('found, faces', [(0, 0), (0, 1), (1, 0)])
def test_nothing_found_or_nothing_there_is_drawn_too(found, faces):
    matched = MatchedClasses.of(golden_predictions(found, faces))
    analysis = DetectionAnalysis.of(matched)
    for figure in (
        draw_precision_recall(analysis),
        draw_thresholds(analysis),
        draw_reliability(analysis),
        draw_confusion(analysis.confusion),
    ):
        figure.canvas.draw()


def test_a_sheet_shows_the_face_in_its_frame():
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 90:110] = (0, 255, 0)
    mistake = Mistake(0, 'Sad', 'Happy', 0.9, (90.0, 40.0, 110.0, 60.0))
    sheet = draw_mistakes([(mistake, 'a.jpg', image)], 'Worst mistakes')
    green = (sheet == (0, 255, 0)).all(axis=2)
    frame = (sheet == (0, 0, 220)).all(axis=2)
    # The frame lies around the face.
    for axis in (0, 1):
        inner, outer = (
            np.flatnonzero(part.any(axis=axis)) for part in (green, frame)
        )
        assert outer[0] <= inner[0] and inner[-1] <= outer[-1]
    # A caption: dark letters above the picture, on white.
    head = sheet[: np.flatnonzero(frame.any(axis=1))[0]]
    assert (head < 100).all(axis=2).any()


@pytest.mark.parametrize(
    'box',
    [
        # Beyond each border, wholly outside, without area, upside down.
        (-50, -20, 250, 130),
        (300, 300, 320, 320),
        (-90, -90, -50, -50),
        (10, 10, 10, 10),
        (60, 60, 20, 20),
    ],
)
def test_any_box_can_be_shown(box):
    image = np.full((100, 200, 3), 90, np.uint8)
    mistake = Mistake(0, None, 'Happy', 0.9, tuple(map(float, box)))
    one = draw_mistakes([(mistake, 'a.jpg', image)], 'Worst mistakes')
    many = draw_mistakes([(mistake, 'a.jpg', image)] * 7, 'Worst mistakes')
    # Seven fill a row of six and begin another.
    assert many.shape[0] < 2 * one.shape[0]
    assert 5 * one.shape[1] < many.shape[1] < 6 * one.shape[1] + 20


def test_a_name_is_no_formula():
    names = tuple(f'$\\no$ {i}' for i in range(7))
    predictions = replace(golden_predictions(), class_names=names)
    analysis = DetectionAnalysis.of(MatchedClasses.of(predictions), 0.5)
    statistics = SetStatistics(
        *('$\\no$', 7, 0, dict.fromkeys(names, 1), None),
        *(np.ones(7), np.ones((7, 2))),
    )
    for figure in (
        draw_precision_recall(analysis),
        draw_thresholds(analysis),
        draw_confusion(analysis.confusion),
        draw_complexity({'$\\no$': (2e6, 1e9)}),
        draw_classes([statistics]),
    ):
        assert figure_png(figure).startswith(b'\x89PNG')


def test_each_network_is_a_point_beside_the_papers_two():
    figure = draw_complexity({'small': (2e6, 1e9), 'large': (6e7, 4e10)})
    (axis,) = figure.axes
    found = {line.get_label(): line.get_xydata()[0] for line in axis.lines}
    expected = {
        'small': (2, 1),
        'large': (60, 40),
        'FER-YOLO-Mamba (paper)': (8.68, 6.89),
        'EfficientDet-D0 (paper)': (3.83, 4.78),
    }
    assert list(found) == list(expected)
    np.testing.assert_allclose(list(found.values()), list(expected.values()))
