"""Necks: from the backbone's maps to the head's."""

from .fer_yolo_mamba_pafpn import FERYOLOMambaPAFPN
from .yolov4_pafpn import YOLOv4PAFPN

__all__ = ['FERYOLOMambaPAFPN', 'YOLOv4PAFPN']
