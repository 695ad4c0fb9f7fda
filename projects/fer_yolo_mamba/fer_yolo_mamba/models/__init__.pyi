from . import baselines
from .fer_yolo_mamba import (
    ABMLP,
    FERYOLOVSS,
    FRM,
    FERYOLOMambaPAFPN,
    OSSBlock,
)
from .mixers import GatedConv, OmniSS2D
from .partly_labelled_head import FERYOLOXHead

__all__ = [
    'ABMLP',
    'FERYOLOVSS',
    'FRM',
    'FERYOLOMambaPAFPN',
    'FERYOLOXHead',
    'GatedConv',
    'OSSBlock',
    'OmniSS2D',
    'baselines',
]
