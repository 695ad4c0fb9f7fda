"""The blocks of the paper's Fig. 2, one a file."""

from .abmlp import ABMLP
from .fer_yolo_vss import FERYOLOVSS
from .frm import FRM
from .gated_conv import GatedConv
from .omni_ss2d import OmniSS2D
from .oss_block import OSSBlock

__all__ = ['ABMLP', 'FERYOLOVSS', 'FRM', 'GatedConv', 'OSSBlock', 'OmniSS2D']
