"""Intervals, comparisons and groups of faces, as pages and from annotations."""

from .comparison_page import comparison_page
from .face_attributes import read_face_attributes
from .group_page import group_page
from .intervals_page import intervals_page

__all__ = [
    'comparison_page',
    'group_page',
    'intervals_page',
    'read_face_attributes',
]
