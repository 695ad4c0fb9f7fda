"""The report that every test leaves in its folder."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ..datasets.image_folder import read_image
from ..errors import InputError
from ..evaluation import (
    DetectionAnalysis,
    ImagePredictions,
    Predictions,
    ValidatedThresholds,
)
from ..evaluation.significance import Intervals
from ..files import json_text
from ..visualization import (
    draw_confusion,
    draw_mistakes,
    draw_precision_recall,
    draw_reliability,
    draw_thresholds,
    figure_png,
)
from .page import Block, Heading, Page, Paragraph, Picture, Table
from .significance.cells import title, with_interval

_GREY = 160


def write_test_report(
    predictions: Predictions,
    out: Path,
    iou_thr: float = 0.5,
    score_thr: float = 0.5,
    validation: Predictions | None = None,
) -> DetectionAnalysis:
    """Writes `report.md`, `report.html`, `figures.json` and the pictures.

    Nothing but the predictions is needed to draw all of it again, save the
    photographs for the sheet of mistakes: one that cannot be read is shown
    as a grey field.

    Args:
        predictions: What a test dumped.
        out: Folder; made where needed.
        iou_thr: Least IoU of a match.
        score_thr: Least score for precision, recall, F1 and confusions.
        validation: What the same detector said of other images: the test is
            also judged at the thresholds that were best there.

    Returns:
        The figures.

    Raises:
        InputError: A file cannot be written, or an image is in both splits.
    """
    analysis = DetectionAnalysis.from_predictions(
        predictions, iou_thr, score_thr
    )
    intervals = Intervals.of(predictions, iou_thr=iou_thr, score_thr=score_thr)
    validated = validation and ValidatedThresholds.from_predictions(
        validation, predictions, iou_thr, score_thr
    )
    page = Page(
        f'Test of {len(predictions.images)} images',
        tuple(_blocks(analysis, intervals, validated, predictions)),
    )
    figures = analysis.to_dict() | {'intervals': intervals.to_dict()}
    if validated:
        figures['validated_thresholds'] = validated.to_dict()
    page.write(out, {'figures.json': json_text(figures)})
    return analysis


def _blocks(
    analysis: DetectionAnalysis,
    intervals: Intervals,
    validated: ValidatedThresholds | None,
    predictions: Predictions,
) -> Iterator[Block]:
    yield Table(*analysis.report.to_table())
    yield Paragraph(f'{analysis.report.conditions}.')
    yield from _intervals(intervals)
    yield from _precision_recall(analysis)
    yield from _thresholds(analysis)
    if validated:
        yield from _validated(analysis, validated)
    yield from _confusion(analysis)
    yield Heading('Reliability of the scores')
    yield Picture(
        'reliability.png', 'Reliability', figure_png(draw_reliability(analysis))
    )
    yield from _mistakes(analysis, predictions)


def _intervals(intervals: Intervals) -> Iterator[Block]:
    yield Heading('How sure the figures are')
    yield Paragraph(
        '95 % intervals, from a bootstrap over the images: what another draw '
        'of as many test images might have shown.'
    )
    yield Table(
        ('figure', 'with its interval'),
        [
            (title(name), with_interval(name, estimate))
            for name, estimate in intervals.figures.items()
        ],
    )


def _precision_recall(analysis: DetectionAnalysis) -> Iterator[Block]:
    yield Heading('Average precision')
    yield Picture(
        'precision_recall.png',
        'Precision and recall',
        figure_png(draw_precision_recall(analysis)),
    )
    yield Paragraph(
        "By COCO's rules: the mean over IoU ≥ 0.5 to 0.95, and at two IoUs."
    )
    coco = analysis.coco
    rows = zip(coco.ap, coco.ap50, coco.ap75, strict=True)
    names = (*analysis.matched.class_names, 'average')
    yield Table(
        ('class', 'AP[.5:.95] %', 'AP50 %', 'AP75 %'),
        [
            (name, *(f'{100 * value:.2f}' for value in row))
            for name, row in zip(names, (*rows, coco.means()), strict=True)
        ],
    )


def _thresholds(analysis: DetectionAnalysis) -> Iterator[Block]:
    report = analysis.report
    yield Heading('The threshold that maximises F1')
    rows = [
        (result.name, curve.best, result.f1)
        for result, curve in zip(report.classes, analysis.curves, strict=True)
    ]
    rows.append(('all classes', analysis.common_threshold, report.avg_f1))
    yield Table(
        ('class', 'score', 'F1 there', f'F1 at {report.score_thr:g}'),
        [
            (name, f'{best.score:.4f}', f'{best.f1:.4f}', f'{f1:.4f}')
            for name, best, f1 in rows
        ],
    )
    yield Paragraph(
        'Chosen on the images that they are judged by, so F1 there flatters: '
        'to use thresholds, choose them on a validation split '
        '(--thresholds). figures.json has all digits.'
    )
    yield Picture(
        'thresholds.png',
        'Precision, recall and F1 against the score threshold',
        figure_png(draw_thresholds(analysis)),
    )


def _validated(
    analysis: DetectionAnalysis, validated: ValidatedThresholds
) -> Iterator[Block]:
    yield Heading('At the thresholds of the validation split')
    rows = [
        (name, f'{score:.4f}', point.precision, point.recall, point.f1)
        for name, score, point in zip(
            validated.class_names,
            validated.thresholds,
            validated.points,
            strict=True,
        )
    ]
    means = map(validated.mean, ('precision', 'recall', 'f1'))
    rows.append(('average', '', *means))
    report = analysis.report
    at_once = [*(result.f1 for result in report.classes), report.avg_f1]
    yield Table(
        ('class', 'score', 'P %', 'R %', 'F1', f'F1 at {report.score_thr:g}'),
        [
            (
                name,
                score,
                f'{100 * precision:.2f}',
                f'{100 * recall:.2f}',
                f'{f1:.4f}',
                f'{before:.4f}',
            )
            for (name, score, precision, recall, f1), before in zip(
                rows, at_once, strict=True
            )
        ],
    )


def _confusion(analysis: DetectionAnalysis) -> Iterator[Block]:
    confusion = analysis.confusion
    yield Heading('Confusion')
    yield Paragraph(
        'Rows are the truth. The row of background counts detections on no '
        'face, or on one that another has found; its column missed faces.'
    )
    yield Table(
        ('', *confusion.labels),
        [
            (label, *map(str, row))
            for label, row in zip(
                confusion.labels, confusion.counts, strict=True
            )
        ],
    )
    yield Picture(
        'confusion.png',
        'Confusion matrix',
        figure_png(draw_confusion(confusion)),
    )


def _mistakes(
    analysis: DetectionAnalysis, predictions: Predictions
) -> Iterator[Block]:
    yield Heading('The worst mistakes')
    if not analysis.mistakes:
        yield Paragraph('None.')
        return
    report = analysis.report
    sheet = draw_mistakes(
        (
            (mistake, Path(image.path).name, _pixels(image))
            for mistake in analysis.mistakes
            for image in (predictions.images[mistake.image],)
        ),
        f'Worst mistakes, IoU >= {report.iou_thr:g}, score >= '
        f'{report.score_thr:g}',
    )
    _, encoded = cv2.imencode('.png', sheet)
    yield Picture('mistakes.png', 'The worst mistakes', encoded.tobytes())


def _pixels(image: ImagePredictions) -> np.ndarray:
    try:
        return read_image(image.path)
    except InputError:
        return np.full((image.height, image.width, 3), _GREY, np.uint8)
