"""Steps that leave out what is not finite, and the average of the weights."""

from copy import deepcopy

import torch
from torch import Tensor, nn


class AveragedWeights:
    """A copy of a network whose weights follow those under training.

    The average forgets slower and slower, as it has more to remember.

    Args:
        network: Under training, on its device.
        slowest_decay: Of the average, in the end.

    Attributes:
        network: The copy, for evaluation.
    """

    def __init__(self, network: nn.Module, slowest_decay: float) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False)
        self._slowest_decay = slowest_decay
        self._followed, self._following = (
            [x for x in each.state_dict().values() if x.is_floating_point()]
            for each in (network, self.network)
        )

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Takes in the weights after a step, which are counted from 0."""
        decay = min(self._slowest_decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._following, self._followed, 1 - decay)


def step_if_finite(optimizer: torch.optim.Optimizer, norm: Tensor) -> None:
    """Steps; where the gradients' norm is not finite, no weight changes.

    Without asking the device, which would have to finish first.

    Args:
        optimizer: A fused one.
        norm: Of all gradients.
    """
    optimizer.found_inf = (~torch.isfinite(norm)).float()
    optimizer.step()
