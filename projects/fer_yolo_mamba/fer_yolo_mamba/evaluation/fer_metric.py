"""The paper's figures as a metric for mmengine's evaluators."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmyolo.registry import METRICS

from ..errors import InputError
from .detection_report import DetectionReport
from .image_record import ImageRecord
from .thresholds import require_thresholds


@METRICS.register_module()
class FERMetric(BaseMetric):
    """Per-class AP, precision, recall and F1, and their means.

    Example::

        val_evaluator = dict(type='FERMetric')

    Returns ``fer/AP/<class>``, ``fer/precision/<class>``,
    ``fer/recall/<class>`` and ``fer/F1/<class>`` for every class of the data
    set, and ``fer/mAP``, ``fer/avg_precision``, ``fer/avg_recall`` and
    ``fer/avg_F1``: floats in [0, 1], NaN for a class without ground truth,
    which the means leave out (a warning names it). The table is logged, and
    :attr:`report` keeps the whole result of the last evaluation.

    Works with every detector whose samples look like mmdet's: predictions
    and ground truth both in pixels of the original image. Detectors scale
    their predictions back by the sample's ``scale_factor``. Ground truth is
    in original pixels because the test pipelines of mmdet and mmyolo load
    annotations after all resizing and padding; keep ``LoadAnnotations`` last
    but for the packing.

    The protocol is that of the paper (section IV-B); see
    :func:`.matching.match_detections` and :mod:`.average_precision`.

    Args:
        iou_thr: Least IoU of a match, in (0, 1].
        score_thr: Least score of the detections that precision, recall and
            F1 look at, in [0, 1].
        collect_device: ``'cpu'`` or ``'gpu'``, where results of several
            processes are gathered.
        prefix: Put before every name, ``'fer'`` unless given.

    Attributes:
        report (DetectionReport | None): The last result, in the main process.

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
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        require_thresholds(iou_thr, score_thr)
        self.iou_thr = iou_thr
        self.score_thr = score_thr
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
            data_samples: Dictionaries with ``pred_instances`` (``bboxes``,
                ``scores``, ``labels``), ``gt_instances`` (``bboxes``,
                ``labels``) and perhaps ``ignored_instances`` (as the ground
                truth); values are tensors or arrays.
        """
        num_classes = len(self.class_names)
        self.results.extend(
            ImageRecord.from_data_sample(sample, num_classes)
            for sample in data_samples
        )

    def compute_metrics(self, results: list[ImageRecord]) -> dict[str, float]:
        """Evaluate all images; called in the main process alone."""
        self.report = DetectionReport.from_records(
            results, self.class_names, self.iou_thr, self.score_thr
        )
        print_log(f'\n{self.report}', logger='current')
        if self.report.absent_classes:
            print_log(
                'Without ground truth, so NaN and left out of the means: '
                f'{", ".join(self.report.absent_classes)}',
                logger='current',
                level=logging.WARNING,
            )
        return self.report.to_metrics()
