"""What heads are made of beside layers: box coders."""

from .yolov4_bbox_coder import YOLOv4BBoxCoder

__all__ = ['YOLOv4BBoxCoder']
