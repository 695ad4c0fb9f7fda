from .analysis import DetectionAnalysis, ValidatedThresholds
from .coco_average_precision import CocoAveragePrecision
from .curves import interpolated_precision
from .fer_metric import FERMetric, fer_metrics
from .matching import MatchedClasses
from .metric_files import (
    forget_validations,
    last_validation,
    write_metric_files,
)
from .mistakes import ConfusionMatrix, Mistake
from .predictions import Predictions
from .records import ImageRecord
from .report import DetectionReport

__all__ = [
    'CocoAveragePrecision',
    'ConfusionMatrix',
    'DetectionAnalysis',
    'DetectionReport',
    'FERMetric',
    'ImageRecord',
    'MatchedClasses',
    'Mistake',
    'Predictions',
    'ValidatedThresholds',
    'fer_metrics',
    'forget_validations',
    'interpolated_precision',
    'last_validation',
    'write_metric_files',
]
