"""The blocks of the paper's Fig. 2, of EfficientDet and of YOLOv4."""

from .abmlp import ABMLP
from .bifpn_layer import BiFPNLayer
from .bifpn_node import BiFPNNode
from .fast_normalized_fusion import FastNormalizedFusion
from .fer_yolo_vss import FERYOLOVSS
from .frm import FRM
from .gated_conv import GatedConv
from .omni_ss2d import OmniSS2D
from .oss_block import OSSBlock
from .separable_conv2d import SeparableConv2d
from .shared_conv_net import SharedConvNet
from .spatial_pyramid_pooling import SpatialPyramidPooling
from .yolov4_csp_layer import YOLOv4CSPLayer

__all__ = [
    'ABMLP',
    'FERYOLOVSS',
    'FRM',
    'BiFPNLayer',
    'BiFPNNode',
    'FastNormalizedFusion',
    'GatedConv',
    'OSSBlock',
    'OmniSS2D',
    'SeparableConv2d',
    'SharedConvNet',
    'SpatialPyramidPooling',
    'YOLOv4CSPLayer',
]
