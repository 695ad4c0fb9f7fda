"""Necks: from the backbone's maps to the head's."""

from .fer_yolo_mamba_pafpn import FERYOLOMambaPAFPN

__all__ = ['FERYOLOMambaPAFPN']
