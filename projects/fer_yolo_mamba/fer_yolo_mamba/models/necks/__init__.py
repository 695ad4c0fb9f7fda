"""Necks: from the backbone's maps to the head's."""

from .bifpn import BiFPN
from .fer_yolo_mamba_pafpn import FERYOLOMambaPAFPN
from .yolov4_pafpn import YOLOv4PAFPN

__all__ = ['BiFPN', 'FERYOLOMambaPAFPN', 'YOLOv4PAFPN']
