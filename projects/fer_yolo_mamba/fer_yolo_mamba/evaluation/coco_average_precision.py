"""AP as COCO counts it, by pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from .matching import MatchedClasses
from .records import Detections, GroundTruths

_MAX_DETECTIONS = 100  # of a class in an image, as COCO's AP has it


@dataclass(frozen=True)
class CocoAveragePrecision:
    """AP of each class over IoU thresholds, NaN without ground truth.

    Attributes:
        ap50_95: (C,) mean over the IoU thresholds 0.5, 0.55 … 0.95.
        ap50: (C,) at IoU 0.5.
        ap75: (C,) at IoU 0.75.
    """

    ap50_95: np.ndarray
    ap50: np.ndarray
    ap75: np.ndarray

    @classmethod
    def of(cls, matched: MatchedClasses) -> CocoAveragePrecision:
        """Evaluate the boxes of a test, whose own matching plays no part.

        It differs from the paper's AP in more than the thresholds: boxes
        have no extra pixel, precision is read at 101 recalls, and only the
        best 100 detections of a class in an image count. An ignored object
        is handed over as a crowd, and to every class a face whose expression
        is not known.
        """
        precisions = []
        # pycocotools needs over a kilobyte a detection: a class at a time.
        found, objects = matched.detections, matched.ground_truths
        unknown = len(matched.class_names)
        for label in range(unknown):
            evaluation = coco_evaluation(
                found.where(found.labels == label),
                objects.where(np.isin(objects.labels, (label, unknown))),
            )
            # (IoU threshold, recall); -1 stands for no ground truth.
            precisions.append(evaluation.eval['precision'][..., 0, 0, 0])
        precision = np.stack(precisions, axis=-1)
        by_threshold = np.where(precision < 0, np.nan, precision).mean(axis=1)
        return cls(by_threshold.mean(axis=0), by_threshold[0], by_threshold[5])

    def means(self) -> tuple[float, float, float]:
        """AP, AP50 and AP75 averaged over the classes with ground truth."""
        present = ~np.isnan(self.ap50_95)
        if not present.any():
            return (float('nan'),) * 3
        return tuple(float(ap[present].mean()) for ap in vars(self).values())

    def rows(self, class_names: Sequence[str]) -> list[dict]:
        """One row a class, then one named ``average``.

        Columns are ``class``, ``ap50_95``, ``ap50`` and ``ap75``.
        """
        columns = ('class', *vars(self))
        of_classes = np.stack(list(vars(self).values()), axis=1).tolist()
        return [
            dict(zip(columns, (name, *row), strict=True))
            for name, row in zip(
                (*class_names, 'average'),
                (*of_classes, self.means()),
                strict=True,
            )
        ]


def coco_evaluation(
    detections: Detections, ground_truths: GroundTruths
) -> COCOeval:
    """pycocotools' evaluation of one class's rows, accumulated."""
    truth = _coco(
        ground_truths.boxes,
        image_id=ground_truths.images.tolist(),
        iscrowd=ground_truths.ignored.astype(int).tolist(),
    )
    found = _coco(
        detections.boxes,
        image_id=detections.images.tolist(),
        score=detections.scores.tolist(),
    )
    evaluation = COCOeval(truth, found, 'bbox')
    images = np.append(ground_truths.images, detections.images)
    evaluation.params.imgIds = np.unique(images).tolist()
    evaluation.params.areaRng = [[0, np.inf]]
    evaluation.params.areaRngLbl = ['all']
    evaluation.params.maxDets = [_MAX_DETECTIONS]
    # It reports on standard output.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation


def _coco(boxes: np.ndarray, **columns: list) -> COCO:
    """pycocotools' object from one row a box."""
    size = boxes[:, 2:] - boxes[:, :2]
    columns |= dict(
        category_id=[0] * len(boxes),
        # 0 would mean "not matched".
        id=range(1, len(boxes) + 1),
        bbox=np.hstack([boxes[:, :2], size]).tolist(),
        area=size.prod(axis=1).tolist(),
    )
    coco = COCO()
    coco.dataset = dict(
        images=[],
        categories=[dict(id=0)],
        annotations=[
            dict(zip(columns, row, strict=True))
            for row in zip(*columns.values(), strict=True)
        ],
    )
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco
