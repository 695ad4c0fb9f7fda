"""Finds what is wrong in a VOC set, and what its splits have in common."""

from .check_settings import CheckSettings
from .corrected_splits import corrected_splits, write_corrected_splits
from .dataset_check import (
    DatasetCheck,
    check_dataset,
    splits_of,
)
from .fault import Fault, FaultKind
from .groups import (
    SharedGroups,
    attribute_groups,
    film_clips,
    pattern_groups,
)
from .set_statistics import SetStatistics

__all__ = [
    'CheckSettings',
    'DatasetCheck',
    'Fault',
    'FaultKind',
    'SetStatistics',
    'SharedGroups',
    'attribute_groups',
    'check_dataset',
    'corrected_splits',
    'film_clips',
    'pattern_groups',
    'splits_of',
    'write_corrected_splits',
]
