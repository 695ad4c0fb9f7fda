"""Predictions against truth: one matching, everything else is read off it."""

from .analysis import DetectionAnalysis, ValidatedThresholds
from .coco_average_precision import CocoAveragePrecision
from .curves import (
    BestThreshold,
    OperatingPoint,
    Reliability,
    ThresholdCurve,
    average_precision,
    best_common_threshold,
    interpolated_precision,
    operating_point,
)
from .fer_metric import FERMetric, fer_metrics
from .matching import MatchedClasses, Matches, match_detections
from .metric_files import write_metric_files
from .mistakes import ConfusionMatrix, Mistake, Outcomes, worst_mistakes
from .predictions import Predictions, pair_predictions
from .records import Detections, GroundTruths, ImageRecord
from .report import ClassResult, DetectionReport

__all__ = [
    'BestThreshold',
    'ClassResult',
    'CocoAveragePrecision',
    'ConfusionMatrix',
    'DetectionAnalysis',
    'DetectionReport',
    'Detections',
    'FERMetric',
    'GroundTruths',
    'ImageRecord',
    'MatchedClasses',
    'Matches',
    'Mistake',
    'OperatingPoint',
    'Outcomes',
    'Predictions',
    'Reliability',
    'ThresholdCurve',
    'ValidatedThresholds',
    'average_precision',
    'best_common_threshold',
    'fer_metrics',
    'interpolated_precision',
    'match_detections',
    'operating_point',
    'pair_predictions',
    'worst_mistakes',
    'write_metric_files',
]
