"""The detectors that FER-YOLO-Mamba is compared with, a family a file.

Those that are not here are mmdet's and mmyolo's own.
"""

# ruff: noqa: F401  Importing them registers their layers.
from . import efficientdet, mended_heads, yolov4, yolov4_head, yolov4_weights
