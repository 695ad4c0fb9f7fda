"""The figures of a test by which runs are compared."""

import math
from collections.abc import Mapping

from ...errors import InputError
from ...evaluation import per_class_rows

MEAN_AP = 'mAP'
AVERAGE_F1 = 'Avg_F1'
CLASS_AP = 'AP '


def figures_of(metrics: Mapping[str, float | None]) -> dict[str, float]:
    """Takes mAP, the average F1 and every class's AP out of metrics.

    >>> figures_of({'fer/AP/Sad': 0.5, 'fer/mAP': 0.5, 'fer/avg_F1': 0.4})
    {'mAP': 0.5, 'Avg_F1': 0.4, 'AP Sad': 0.5}

    Args:
        metrics: Names and values as `FERMetric` returns them, None for NaN.
            Of several evaluators the first counts.

    Returns:
        Values in [0, 1], NaN for a class without ground truth.

    Raises:
        InputError: There is no mAP or no average F1 among them.
    """
    rows = per_class_rows(
        {
            name: math.nan if value is None else value
            for name, value in metrics.items()
        }
    )
    rows = [row for row in rows if row['evaluator'] == rows[0]['evaluator']]
    average = next((row for row in rows if row['class'] == 'average'), {})
    if not average.keys() >= {'AP', 'F1'}:
        raise InputError(
            'the test gave no mAP and average F1: the config needs '
            "test_evaluator = dict(type='FERMetric')."
        )
    return {
        MEAN_AP: average['AP'],
        AVERAGE_F1: average['F1'],
        **{
            f'{CLASS_AP}{row["class"]}': row['AP']
            for row in rows
            if row is not average and 'AP' in row
        },
    }


def title(name: str) -> str:
    """A figure's name with its unit, as tables show it."""
    return name if name == AVERAGE_F1 else f'{name} %'


def shown(name: str, value: float) -> str:
    """A figure as tables show it: F1 as it is, the rest in percent."""
    if math.isnan(value):
        return '–'
    return f'{value:.3f}' if name == AVERAGE_F1 else f'{100 * value:.2f}'
