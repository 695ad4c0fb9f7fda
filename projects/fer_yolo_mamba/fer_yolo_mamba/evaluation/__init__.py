"""Detection metrics of the paper: matching, AP, precision, recall and F1."""

from .average_precision import (
    OperatingPoint,
    PrecisionRecallCurve,
    average_precision,
    interpolated_precision,
    operating_point,
    precision_recall_curve,
)
from .coco_average_precision import CocoAveragePrecision
from .confusion_matrix import ConfusionMatrix
from .detection_analysis import DetectionAnalysis
from .detection_arrays import Detections, GroundTruths
from .detection_report import ClassResult, DetectionReport
from .fer_metric import FERMetric
from .image_record import ImageRecord
from .matched_classes import MatchedClasses
from .matching import Matches, match_detections
from .metric_files import per_class_rows, write_metric_files
from .outcomes import Outcomes
from .prediction_dump import PredictionDump
from .predictions import ImagePredictions, Predictions
from .reliability import Reliability
from .text_table import text_table
from .threshold_curve import (
    BestThreshold,
    ThresholdCurve,
    best_common_threshold,
)
from .validated_thresholds import ValidatedThresholds
from .worst_mistakes import Mistake, worst_mistakes

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
    'ImagePredictions',
    'ImageRecord',
    'MatchedClasses',
    'Matches',
    'Mistake',
    'OperatingPoint',
    'Outcomes',
    'PrecisionRecallCurve',
    'PredictionDump',
    'Predictions',
    'Reliability',
    'ThresholdCurve',
    'ValidatedThresholds',
    'average_precision',
    'best_common_threshold',
    'interpolated_precision',
    'match_detections',
    'operating_point',
    'per_class_rows',
    'precision_recall_curve',
    'text_table',
    'worst_mistakes',
    'write_metric_files',
]
