"""The figures of a test by which runs are compared."""

import math
from collections.abc import Mapping

from ...errors import InputError
from ...evaluation import DetectionReport
from ...evaluation.significance import AVERAGE_F1, MEAN_AP, class_ap


def figures_of(reports: Mapping[str, Mapping]) -> dict[str, float]:
    """Takes the means of AP and F1 and every class's AP out of a test.

    Args:
        reports: Of a test by evaluator, as its ``metrics.json`` has them. Of
            several evaluators the first counts.

    Returns:
        ``mean_ap``, ``avg_f1`` and ``ap <class>``, in [0, 1]; NaN for a
        class without ground truth.

    Raises:
        InputError: There is no report.
    """
    if not reports:
        raise InputError(
            'the test gave no mean AP and average F1: the config needs '
            "test_evaluator = dict(type='FERMetric')."
        )
    report = DetectionReport.from_dict(next(iter(reports.values())))
    return {
        MEAN_AP: report.mean_ap,
        AVERAGE_F1: report.avg_f1,
        **{class_ap(result.name): result.ap for result in report.classes},
    }


def title(name: str) -> str:
    """A figure's name with its unit, as tables show it."""
    return name if name == AVERAGE_F1 else f'{name} %'


def shown(name: str, value: float) -> str:
    """A figure as tables show it: F1 as it is, the rest in percent."""
    if math.isnan(value):
        return '–'
    return f'{value:.3f}' if name == AVERAGE_F1 else f'{100 * value:.2f}'
