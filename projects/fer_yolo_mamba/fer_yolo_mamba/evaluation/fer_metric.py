"""The paper's figures as a metric for mmengine's evaluators."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.logging import print_log
from mmyolo.registry import METRICS

from ..errors import InputError
from .matching import MatchedClasses
from .predictions import Predictions
from .records import ImageRecord
from .report import DetectionReport, require_thresholds


@METRICS.register_module()
class FERMetric(BaseMetric):
    """Per-class AP, precision, recall and F1, and their means.

    Example::

        val_evaluator = dict(type='FERMetric')

    Returns ``fer/AP/<class>``, ``fer/precision/<class>``,
    ``fer/recall/<class>`` and ``fer/F1/<class>`` for every class of the data
    set, and ``fer/mAP``, ``fer/avg_precision``, ``fer/avg_recall`` and
    ``fer/avg_F1``: floats in [0, 1], NaN for a class without ground truth,
    which the means leave out (a warning names it). ``fer/face_AP`` is the AP
    of all faces as one class. The table is logged, and :attr:`report` keeps
    the whole result of the last evaluation.

    A face whose label is the number of classes has no known expression. It
    counts in ``fer/face_AP`` alone; a detection that lies on it is neither
    right nor wrong in its class.

    Works with every detector whose samples look like mmdet's: predictions
    and ground truth both in pixels of the original image. Detectors scale
    their predictions back by the sample's ``scale_factor``. Ground truth is
    in original pixels because the test pipelines of mmdet and mmyolo load
    annotations after all resizing and padding; keep ``LoadAnnotations`` last
    but for the packing.

    The protocol is that of the paper (section IV-B); see
    :func:`.matching.match_detections` and :mod:`.curves`.

    Args:
        iou_thr: Least IoU of a match, in (0, 1].
        score_thr: Least score of the detections that precision, recall and
            F1 look at, in [0, 1].
        collect_device: ``'cpu'`` or ``'gpu'``, where results of several
            processes are gathered.
        prefix: Put before every name, ``'fer'`` unless given.
        dump: JSON file for what the detector said of each image, see
            :class:`Predictions`; samples then need ``img_path`` and
            ``ori_shape``.

    Attributes:
        matched (MatchedClasses | None): The last test and its matching, in
            the main process: what every further figure is made from.
        report (DetectionReport | None): The last result, likewise.

    Raises:
        InputError: A threshold is out of range, the data set names no
            classes, a sample has no ground truth boxes, or a box, score or
            label makes no sense.
    """

    default_prefix = 'fer'

    def __init__(
        self,
        iou_thr: float = 0.5,
        score_thr: float = 0.5,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        dump: str | Path | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        require_thresholds(iou_thr, score_thr)
        self.iou_thr = iou_thr
        self.score_thr = score_thr
        self.dump = dump
        self.matched: MatchedClasses | None = None
        self.report: DetectionReport | None = None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The data set's class names, in the order of its labels."""
        classes = (self.dataset_meta or {}).get('classes')
        if not classes:
            raise InputError(
                "FERMetric: the data set's metainfo has no 'classes'; give "
                'the data set metainfo=dict(classes=(...)).'
            )
        return tuple(classes)

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep what the figures need of one batch.

        Args:
            data_batch: Not used.
            data_samples: Dictionaries as :meth:`ImageRecord.from_data_sample`
                takes them.
        """
        num_classes = len(self.class_names)
        for sample in data_samples:
            record = ImageRecord.from_data_sample(sample, num_classes)
            if self.dump and not (record.path and record.width):
                raise InputError(
                    'FERMetric: a sample to dump lacks img_path or ori_shape; '
                    'add both to meta_keys in the test pipeline.'
                )
            self.results.append(record)

    def compute_metrics(self, results: list[ImageRecord]) -> dict[str, float]:
        """Evaluate all images; called in the main process alone."""
        predictions = Predictions(self.class_names, tuple(results))
        if self.dump:
            predictions.write(self.dump)
        self.matched = MatchedClasses.of(predictions, self.iou_thr)
        self.report = DetectionReport.of(self.matched, self.score_thr)
        print_log(f'\n{self.report}', logger='current')
        if self.report.absent_classes:
            print_log(
                'Without ground truth, so NaN and left out of the means: '
                f'{", ".join(self.report.absent_classes)}',
                logger='current',
                level=logging.WARNING,
            )
        return self.report.to_metrics()


def fer_metrics(evaluator: Evaluator) -> dict[str, FERMetric]:
    """The metrics of this kind in an evaluator, by their prefix."""
    return {
        metric.prefix: metric
        for metric in evaluator.metrics
        if isinstance(metric, FERMetric)
    }
