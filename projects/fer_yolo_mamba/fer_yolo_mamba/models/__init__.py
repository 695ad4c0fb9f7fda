"""Networks: layers, and the backbones, necks and heads made of them."""

from .backbones import *  # noqa: F403
from .darknet_weights import *  # noqa: F403
from .dense_heads import *  # noqa: F403
from .layers import *  # noqa: F403
from .necks import *  # noqa: F403
from .partly_labelled_head import *  # noqa: F403
from .task_modules import *  # noqa: F403
