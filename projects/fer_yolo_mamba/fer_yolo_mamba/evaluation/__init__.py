"""Detection metrics of the paper: matching, AP, precision, recall and F1."""

from .average_precision import (
    OperatingPoint,
    PrecisionRecallCurve,
    average_precision,
    operating_point,
    precision_recall_curve,
)
from .detection_arrays import Detections, GroundTruths
from .detection_report import ClassResult, DetectionReport
from .fer_metric import FERMetric
from .image_record import ImageRecord
from .matching import Matches, match_detections
from .metric_files import per_class_rows, write_metric_files
from .prediction_dump import PredictionDump
from .text_table import text_table

__all__ = [
    'ClassResult',
    'DetectionReport',
    'Detections',
    'FERMetric',
    'GroundTruths',
    'ImageRecord',
    'Matches',
    'OperatingPoint',
    'PrecisionRecallCurve',
    'PredictionDump',
    'average_precision',
    'match_detections',
    'operating_point',
    'per_class_rows',
    'precision_recall_curve',
    'text_table',
    'write_metric_files',
]
