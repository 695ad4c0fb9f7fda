"""BiFPNLayer: one round of a bidirectional feature pyramid."""

from collections.abc import Sequence

import torch.nn as nn
import torch.nn.functional as F
from mmdet.utils import ConfigType
from torch import Tensor

from .bifpn_node import BiFPNNode


class BiFPNLayer(nn.Module):
    """Hands information down the pyramid and up again.

    EfficientDet (arXiv 1911.09070), Fig. 2 (d), for five levels:

    .. code-block:: text

        P7 --+------------------> node --> P7
             | up x2                ^ down x2
        P6 -node--+-------------> node --> P6     the way up also gets
                  | up x2           ^ down x2     the level's input
        P5 ----- node--+--------> node --> P5     (not drawn)
                       | up x2      ^ down x2
        P4 ---------- node--+---> node --> P4
                            | up x2 ^ down x2
        P3 --------------- node ----+----> P3

    Up is the nearest pixel, down the largest of 3x3 pixels; every level has
    twice the side of the one above it.

    Args:
        num_levels: Levels of the pyramid.
        channels: Channels C of each level.
        norm_cfg: Normalisation in the nodes.
    """

    def __init__(
        self, num_levels: int, channels: int, norm_cfg: ConfigType
    ) -> None:
        super().__init__()

        def nodes(*numbers_of_maps: int) -> nn.ModuleList:
            return nn.ModuleList(
                BiFPNNode(number, channels, norm_cfg)
                for number in numbers_of_maps
            )

        self.top_down = nodes(*[2] * (num_levels - 1))  # P6, P5, P4, P3
        self.bottom_up = nodes(*[3] * (num_levels - 2), 2)  # P4, P5, P6, P7
        # On an even side this is a window that may stick out by one pixel at
        # the far end alone: TensorFlow's padding, with which D0 was published.
        self.downsample = nn.MaxPool2d(3, stride=2, ceil_mode=True)

    def forward(
        self, maps: Sequence[Tensor], shortcuts: Sequence[Tensor]
    ) -> list[Tensor]:
        """Refines the pyramid.

        Args:
            maps: The levels from the finest on, each (B, C, H, W) with half
                the side of the one before.
            shortcuts: What the way up gets as the input of the levels between
                the finest and the coarsest: ``maps[1:-1]``, or other
                projections of the same maps.

        Returns:
            As many maps of the same shapes.
        """
        *finer, coarsest = maps
        down = [coarsest]
        for node, x in zip(self.top_down, reversed(finer), strict=True):
            down.append(node(x, F.interpolate(down[-1], size=x.shape[-2:])))

        finest, *between, _ = reversed(down)
        outs = [finest]
        *nodes, last = self.bottom_up
        for node, shortcut, x in zip(nodes, shortcuts, between, strict=True):
            outs.append(node(shortcut, x, self.downsample(outs[-1])))
        outs.append(last(coarsest, self.downsample(outs[-1])))
        return outs
