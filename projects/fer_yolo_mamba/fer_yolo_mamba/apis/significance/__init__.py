"""Intervals, comparisons and groups of faces, as pages and from annotations."""

from .comparison_page import comparison_page
from .face_attributes import read_face_attributes
from .group_page import group_page
from .intervals_page import intervals_page
from .resampling_cli import add_resampling_arguments, draws, publish

__all__ = [
    'add_resampling_arguments',
    'comparison_page',
    'draws',
    'group_page',
    'intervals_page',
    'publish',
    'read_face_attributes',
]
