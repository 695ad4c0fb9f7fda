"""What a detector looks at: scores by cell, Grad-CAM and EigenCAM.

The usual library, pytorch-grad-cam, cannot be imported without torchvision.
It would serve the two methods, not the score by which they ask a detector.
"""

from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmdet.models import CenterNetHead, YOLOV3Head
from torch import Tensor

__all__ = ['eigen_cam', 'grad_cam', 'over_input', 'score_maps']

_EPS = 1e-12


def score_maps(head: nn.Module, maps: Sequence[Tensor]) -> list[Tensor]:
    """The scores that a head gives before it chooses: its detections' own.

    Args:
        head: ``bbox_head`` of any detector of this project.
        maps: Its input, the neck's maps (B, channels, H, W) of all levels.

    Returns:
        (B, anchors, classes, H, W) in [0, 1] for each level, differentiable
        by the maps; the head's own `predict` changes values in place, which
        autograd refuses.
    """
    outputs = head(tuple(maps))
    if isinstance(head, CenterNetHead):  # it has taken the sigmoid already
        return [level[:, None] for level in outputs[0]]
    if isinstance(head, YOLOV3Head):
        levels = [x.unflatten(1, (-1, head.num_attrib)) for x in outputs[0]]
        return [x[:, :, 5:].sigmoid() * x[:, :, 4:5].sigmoid() for x in levels]
    has_background = not getattr(head, 'use_sigmoid_cls', True)
    channels = head.num_classes + has_background
    levels = [x.unflatten(1, (-1, channels)) for x in outputs[0]]
    if has_background:
        return [x.softmax(2)[:, :, :-1] for x in levels]
    scores = [x.sigmoid() for x in levels]
    if len(outputs) == 3:
        return [
            x * objectness.sigmoid()[:, :, None]
            for x, objectness in zip(scores, outputs[2], strict=True)
        ]
    return scores


def grad_cam(maps: Sequence[Tensor], score: Tensor) -> list[Tensor]:
    """Grad-CAM (arXiv 1610.02391, equations 1 and 2) of several levels.

    A channel weighs what its mean gradient says; the weighted sum of the
    channels counts where it is positive. A level that the score does not
    depend on is zero throughout.

    Args:
        maps: (1, channels, H, W) of each level.
        score: A scalar that was computed from them.

    Returns:
        (H, W), at least 0, for each level, all in one unit.
    """
    gradients = torch.autograd.grad(
        score, list(maps), retain_graph=True, materialize_grads=True
    )
    return [
        (gradient.mean((2, 3), keepdim=True) * level).sum(1)[0].relu().detach()
        for level, gradient in zip(maps, gradients, strict=True)
    ]


@torch.no_grad()
def eigen_cam(maps: Sequence[Tensor]) -> list[Tensor]:
    """EigenCAM (arXiv 2008.00299) of several levels.

    The pixels' projections on the first principal component of their
    channels, centred, as pytorch-grad-cam does. A component has no sign: it
    takes the one in which it reaches further.

    Args:
        maps: (1, channels, H, W) of each level.

    Returns:
        (H, W), at least 0, for each level, divided by its greatest value.
    """
    return [_first_component(level[0]) for level in maps]


def over_input(
    levels: Sequence[Tensor], size: tuple[int, int], mode: str = 'bilinear'
) -> Tensor:
    """Brings the maps of all levels to the size of the network's input.

    Args:
        levels: (H, W) of each level.
        size: Height and width in pixels.
        mode: As of :func:`torch.nn.functional.interpolate`.

    Returns:
        (levels, height, width).
    """
    return torch.cat(
        [F.interpolate(x[None, None], size=size, mode=mode) for x in levels]
    )[:, 0]


def _first_component(level: Tensor) -> Tensor:
    """Of (channels, H, W) to (H, W) in [0, 1]."""
    pixels = level.flatten(1).T
    pixels = pixels - pixels.mean(0)
    _, _, components = torch.linalg.svd(pixels, full_matrices=False)
    projection = (pixels @ components[0]).unflatten(0, level.shape[1:])
    if -projection.min() > projection.max():
        projection = -projection
    return projection.relu() / projection.max().clamp(min=_EPS)
