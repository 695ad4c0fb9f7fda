"""Finds what is wrong in a VOC set, and what its splits have in common."""

from .check import (
    DatasetCheck,
    check_dataset,
    corrected_splits,
    splits_of,
    write_corrected_splits,
)
from .findings import CheckSettings, FaultKind, Finding
from .groups import SharedGroups, attribute_groups, film_clips, pattern_groups
from .inspection import SetStatistics

__all__ = [
    'CheckSettings',
    'DatasetCheck',
    'FaultKind',
    'Finding',
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
