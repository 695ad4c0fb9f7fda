"""Scan orders and the omnidirectional selective scan."""

from .backend import ScanInputs
from .map_layers import depthwise_silu, gated_norm
from .operator import register_flop_formulas
from .orders import (
    CROSS_ORDERS,
    OMNI_ORDERS,
    TRUE_OMNI_ORDERS,
    ScanOrder,
    order_indices,
)
from .scan import available_backends, choose_backend, omni_selective_scan

__all__ = [
    'CROSS_ORDERS',
    'OMNI_ORDERS',
    'TRUE_OMNI_ORDERS',
    'ScanInputs',
    'ScanOrder',
    'available_backends',
    'choose_backend',
    'depthwise_silu',
    'gated_norm',
    'omni_selective_scan',
    'order_indices',
    'register_flop_formulas',
]
