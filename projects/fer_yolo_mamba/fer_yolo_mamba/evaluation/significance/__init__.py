"""How sure figures are: paired bootstrap, McNemar's test, groups of faces."""

from .bootstrap import COVERAGE, Estimate, Intervals, StratifiedBootstrap
from .comparison import ComparedFigure, Comparison, McNemar
from .groups import GroupComparison
from .weighted import AVERAGE_F1, MEAN_AP, WeightedReport, class_ap

__all__ = [
    'AVERAGE_F1',
    'COVERAGE',
    'MEAN_AP',
    'ComparedFigure',
    'Comparison',
    'Estimate',
    'GroupComparison',
    'Intervals',
    'McNemar',
    'StratifiedBootstrap',
    'WeightedReport',
    'class_ap',
]
