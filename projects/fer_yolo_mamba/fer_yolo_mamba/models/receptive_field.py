"""What the directions of a scan let a pixel see: effective receptive fields."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..ops import omni_selective_scan
from .mixers import OmniSS2D

__all__ = ['direction_gradients', 'finest_scan']


def direction_gradients(
    layer: OmniSS2D, x: Tensor, pixel: tuple[int, int]
) -> Tensor:
    """How a pixel of a scan's output changes with the input, by direction.

    The effective receptive field (arXiv 1701.04128) of each direction alone:
    the gradient of the sum of the pixel's channels. Along its order a
    direction sees the pixel itself and what came before; the gradients of all
    directions add up to that of the whole scan.

    Args:
        layer: Whose scan it is.
        x: Input of the scan, (1, H, W, D), see :func:`finest_scan`.
        pixel: Row and column of the output.

    Returns:
        (K, H, W, D) for the K orders of the layer.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        inputs = layer.scan_inputs(x)
        fields = []
        for direction, order in enumerate(layer.orders):
            y = omni_selective_scan(
                *inputs.of_direction(direction), [order], layer.scan_backend
            )
            (field,) = torch.autograd.grad(
                y[0, pixel[0], pixel[1]].sum(), x, retain_graph=True
            )
            fields.append(field[0])
    return torch.stack(fields)


@torch.no_grad()
def finest_scan(model: nn.Module, batch: Tensor) -> tuple[OmniSS2D, Tensor]:
    """The scan of a detector whose map has most pixels, and its input.

    Args:
        model: A detector.
        batch: Its input, (1, 3, height, width).

    Returns:
        The layer, and what it scans, (1, H, W, D).

    Raises:
        InputError: Nothing is scanned in this detector.
    """
    seen: dict[OmniSS2D, Tensor] = {}
    # The scan's input is no module's output but SiLU's of this convolution.
    hooks = [
        layer.conv2d.register_forward_hook(
            lambda _, args, y, layer=layer: seen.update({layer: y})
        )
        for layer in model.modules()
        if isinstance(layer, OmniSS2D)
    ]
    try:
        model.extract_feat(batch)
    finally:
        for hook in hooks:
            hook.remove()
    if not seen:
        raise InputError(
            'this network scans nothing, so no direction of a scan lets a '
            'pixel see: choose another method of heatmaps.'
        )
    layer = max(seen, key=lambda layer: seen[layer].shape[2:].numel())
    return layer, F.silu(seen[layer]).permute(0, 2, 3, 1)
