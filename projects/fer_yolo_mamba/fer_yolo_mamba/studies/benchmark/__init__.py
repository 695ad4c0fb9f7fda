"""Speed and memory, beside those of other ways to compute the same."""

from ...compat.environment import Environment
from .charts import draw_report
from .comparison import Comparison
from .growth import Growth, measure_growth
from .networks import compare_networks
from .report import Report
from .scan_size import NECK_SIZES, ScanSize
from .scans import compare_scans, left_out
from .series import Series
from .target import Target
from .unit import Unit

__all__ = [
    'NECK_SIZES',
    'Comparison',
    'Environment',
    'Growth',
    'Report',
    'ScanSize',
    'Series',
    'Target',
    'Unit',
    'compare_networks',
    'compare_scans',
    'draw_report',
    'left_out',
    'measure_growth',
]
