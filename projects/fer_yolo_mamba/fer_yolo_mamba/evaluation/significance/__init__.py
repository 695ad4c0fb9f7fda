"""How sure figures are: paired bootstrap, McNemar's test, groups of faces."""

from .compared_figure import ComparedFigure
from .comparison import Comparison
from .estimate import COVERAGE, Estimate
from .group_comparison import GroupComparison, GroupGap, GroupResult
from .group_records import records_of_group
from .intervals import Intervals
from .mcnemar import McNemar
from .stratified_bootstrap import StratifiedBootstrap
from .weighted_class import WeightedClass
from .weighted_report import AVERAGE_F1, MEAN_AP, WeightedReport, class_ap

__all__ = [
    'AVERAGE_F1',
    'COVERAGE',
    'MEAN_AP',
    'ComparedFigure',
    'Comparison',
    'Estimate',
    'GroupComparison',
    'GroupGap',
    'GroupResult',
    'Intervals',
    'McNemar',
    'StratifiedBootstrap',
    'WeightedClass',
    'WeightedReport',
    'class_ap',
    'records_of_group',
]
