"""The blocks of the paper's Fig. 2 and those of YOLOv4, one a file."""

from .abmlp import ABMLP
from .fer_yolo_vss import FERYOLOVSS
from .frm import FRM
from .omni_ss2d import OmniSS2D
from .oss_block import OSSBlock
from .spatial_pyramid_pooling import SpatialPyramidPooling
from .yolov4_csp_layer import YOLOv4CSPLayer

__all__ = [
    'ABMLP',
    'FERYOLOVSS',
    'FRM',
    'OSSBlock',
    'OmniSS2D',
    'SpatialPyramidPooling',
    'YOLOv4CSPLayer',
]
