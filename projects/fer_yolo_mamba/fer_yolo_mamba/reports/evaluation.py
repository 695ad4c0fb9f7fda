"""The report that every test leaves in its folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ..datasets.images import max_pixels, read_image
from ..errors import InputError
from ..evaluation import (
    DetectionAnalysis,
    ImageRecord,
    MatchedClasses,
    Predictions,
    ValidatedThresholds,
)
from ..evaluation.significance import Intervals
from ..faces import Face
from ..files import json_text
from ..visualization import (
    draw_confusion,
    draw_faces,
    draw_mistakes,
    draw_precision_recall,
    draw_reliability,
    draw_thresholds,
    figure_png,
    write_image,
)
from .page import Block, Heading, Page, Paragraph, Picture, Table
from .significance import intervals_table

_GREY = 160
_MOST_GREY = 4096  # pixels, the side of a field of unknown size
# What stands at a face whose expression is not known.
_UNKNOWN = '?'
# In these any picture can be written: .pgm has no colours, .webp and .jp2 have
# limits to the size, and composed pictures have no suffix at all.
_WRITTEN_AS = ('.bmp', '.jpe', '.jpeg', '.jpg', '.png', '.tif', '.tiff')


def write_test_report(
    matched: MatchedClasses,
    out: Path,
    score_thr: float = 0.5,
    validation: Predictions | None = None,
) -> DetectionAnalysis:
    """Writes `report.md`, `report.html`, `figures.json` and the pictures.

    Nothing but the dump of predictions is needed to draw all of it again,
    save the photographs for the sheet of mistakes: one that cannot be read is
    shown as a grey field.

    Args:
        matched: The test.
        out: Folder; made where needed.
        score_thr: Least score for precision, recall, F1 and confusions.
        validation: What the same detector said of other images: the test is
            also judged at the thresholds that were best there.

    Returns:
        The figures.

    Raises:
        InputError: A threshold is out of range, or an image is in both splits.
        OSError: A file cannot be written.
    """
    analysis = DetectionAnalysis.of(matched, score_thr)
    intervals = Intervals.of(matched, score_thr)
    validated = validation and ValidatedThresholds.of(
        validation, matched, score_thr
    )
    page = Page(
        f'Test of {len(matched.predictions.images)} images',
        tuple(_blocks(analysis, intervals, validated)),
    )
    figures = analysis.to_dict() | {'intervals': intervals.to_dict()}
    if validated:
        figures['validated_thresholds'] = validated.to_dict()
    page.write(out, {'figures.json': json_text(figures)})
    return analysis


def write_test_pictures(
    predictions: Predictions, out: Path, score_thr: float = 0.5
) -> None:
    """Draws each image of a test twice, annotated and as it was detected.

    A picture has the name of its image below the folder that all of them lie
    in, so that anna/shot0.jpg and ben/shot0.jpg stay two; with .png behind it
    where its format may not hold the picture.

    Args:
        predictions: The test.
        out: Folder; made where needed.
        score_thr: Least score of a detection that is drawn.

    Raises:
        InputError: A picture would take the place of an image of the test.
        OSError: A file cannot be written.
    """
    paths = [os.path.abspath(image.path) for image in predictions.images]
    common = os.path.commonpath(map(os.path.dirname, paths))
    names = *predictions.class_names, _UNKNOWN
    for path, image in zip(paths, predictions.images, strict=True):
        pixels = _pixels(image)
        annotated = [
            Face(tuple(box), names[label])
            for box, label in zip(image.gt_boxes, image.gt_labels, strict=True)
        ]
        detected = [
            Face(tuple(box), names[label], score)
            for box, label, score in zip(
                image.boxes, image.labels, image.scores, strict=True
            )
            if score >= score_thr
        ]
        both = [draw_faces(pixels, faces) for faces in (annotated, detected)]
        name = os.path.relpath(path, common)
        if not name.lower().endswith(_WRITTEN_AS):
            name += '.png'
        write_image(out / name, np.hstack(both))


def _blocks(
    analysis: DetectionAnalysis,
    intervals: Intervals,
    validated: ValidatedThresholds | None,
) -> Iterator[Block]:
    yield Table(*analysis.report.to_table())
    yield Paragraph(f'{analysis.report.of_faces}.')
    yield Paragraph(f'{analysis.report.conditions}.')
    yield Heading('How sure the figures are')
    yield Paragraph(
        '95 % intervals, from a bootstrap over the images: what another draw '
        'of as many test images might have shown.'
    )
    yield intervals_table(intervals, 'with its interval')
    yield from _precision_recall(analysis)
    yield from _thresholds(analysis)
    if validated:
        yield from _validated(analysis, validated)
    yield from _confusion(analysis)
    yield Heading('Reliability of the scores')
    yield Picture(
        'reliability.png', 'Reliability', figure_png(draw_reliability(analysis))
    )
    yield from _mistakes(analysis)


def _precision_recall(analysis: DetectionAnalysis) -> Iterator[Block]:
    yield Heading('Average precision')
    yield Picture(
        'precision_recall.png',
        'Precision and recall',
        figure_png(draw_precision_recall(analysis)),
    )
    yield Paragraph(
        "By COCO's rules: ap50_95 is the mean over IoU ≥ 0.5 to 0.95, ap50 and "
        'ap75 are at one.'
    )
    yield Table(
        ('class', 'ap50_95 %', 'ap50 %', 'ap75 %'),
        [
            (name, *(f'{100 * value:.2f}' for value in values))
            for name, *values in map(
                dict.values, analysis.coco.rows(analysis.matched.class_names)
            )
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
        ('class', 'score', 'f1 there', f'f1 at {report.score_thr:g}'),
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
    report = analysis.report
    rows = [
        (c.name, f'{score:.4f}', there.precision, there.recall, there.f1, c.f1)
        for c, score, there in zip(
            report.classes, validated.thresholds, validated.points, strict=True
        )
    ]
    means = map(validated.mean, ('precision', 'recall', 'f1'))
    rows.append(('average', '', *means, report.avg_f1))
    yield Table(
        (
            *('class', 'score', 'precision %', 'recall %', 'f1'),
            f'f1 at {report.score_thr:g}',
        ),
        [
            (
                *(name, score, f'{100 * precision:.2f}', f'{100 * recall:.2f}'),
                *(f'{f1:.4f}', f'{before:.4f}'),
            )
            for name, score, precision, recall, f1, before in rows
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
            (label, *row)
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


def _mistakes(analysis: DetectionAnalysis) -> Iterator[Block]:
    yield Heading('The worst mistakes')
    if not analysis.mistakes:
        yield Paragraph('None.')
        return
    report = analysis.report
    images = analysis.matched.predictions.images
    sheet = draw_mistakes(
        (
            (mistake, image.image_id, _pixels(image))
            for mistake in analysis.mistakes
            for image in (images[mistake.image],)
        ),
        f'Worst mistakes, IoU >= {report.iou_thr:g}, score >= '
        f'{report.score_thr:g}',
    )
    _, encoded = cv2.imencode('.png', sheet)
    yield Picture('mistakes.png', 'The worst mistakes', encoded.tobytes())


def _pixels(image: ImageRecord) -> np.ndarray:
    """The photograph, or a grey field of its size, or of that of its boxes."""
    try:
        return read_image(image.path)
    except InputError:
        width, height = image.width, image.height
    if not 0 < width * height <= max_pixels():
        ends = np.vstack([image.boxes, image.gt_boxes])[:, 2:]
        farthest = np.ceil(ends.max(initial=1))
        width = height = int(min(farthest, _MOST_GREY))
    return np.full((height, width, 3), _GREY, np.uint8)
