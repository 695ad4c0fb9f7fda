"""The network: layers, and the parts of a detector made of them."""

from .backbones import *  # noqa: F403
from .dense_heads import *  # noqa: F403
from .layers import *  # noqa: F403
from .necks import *  # noqa: F403
