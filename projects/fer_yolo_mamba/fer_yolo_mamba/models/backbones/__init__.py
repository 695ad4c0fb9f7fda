"""Backbones: from a picture to maps of falling size."""

from .timm_efficientnet import TimmEfficientNet
from .yolov4_csp_darknet import YOLOv4CSPDarknet

__all__ = ['TimmEfficientNet', 'YOLOv4CSPDarknet']
