"""Scan orders and the omnidirectional selective scan."""

from .omni_selective_scan import available_backends, omni_selective_scan
from .scan_orders import (
    CROSS_ORDERS,
    OMNI_ORDERS,
    TRUE_OMNI_ORDERS,
    ScanOrder,
    order_indices,
)

__all__ = [
    'CROSS_ORDERS',
    'OMNI_ORDERS',
    'TRUE_OMNI_ORDERS',
    'ScanOrder',
    'available_backends',
    'omni_selective_scan',
    'order_indices',
]
