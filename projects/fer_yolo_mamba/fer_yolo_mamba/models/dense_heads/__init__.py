"""Dense heads: from the neck's maps to predictions at every anchor."""

from .efficientdet_head import EfficientDetHead
from .mended_ssd_head import MendedSSDHead
from .padded_centernet_head import PaddedCenterNetHead
from .yolov4_head import YOLOv4Head
from .yolov4_head_module import YOLOv4HeadModule

__all__ = [
    'EfficientDetHead',
    'MendedSSDHead',
    'PaddedCenterNetHead',
    'YOLOv4Head',
    'YOLOv4HeadModule',
]
