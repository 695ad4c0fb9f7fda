"""Backbones that neither mmdet nor mmyolo has."""

from .yolov4_csp_darknet import YOLOv4CSPDarknet

__all__ = ['YOLOv4CSPDarknet']
