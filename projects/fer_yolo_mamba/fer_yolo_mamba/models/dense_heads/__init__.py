"""Dense heads: from the neck's maps to predictions at every anchor."""

from .efficientdet_head import EfficientDetHead
from .yolov4_head import YOLOv4Head
from .yolov4_head_module import YOLOv4HeadModule

__all__ = ['EfficientDetHead', 'YOLOv4Head', 'YOLOv4HeadModule']
