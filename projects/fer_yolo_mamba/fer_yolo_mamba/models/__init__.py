"""The network: layers, and the neck made of them."""

from .layers import *  # noqa: F403
from .necks import *  # noqa: F403
