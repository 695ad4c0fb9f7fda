"""``mmcv._ext`` for mmcv-lite: the compiled operators that configs here reach.

mmdet imports ``mmcv.ops``, which asks for the compiled module ``mmcv._ext``;
mmcv-lite has none. The module made here offers ``nms`` and the sigmoid focal
loss, on every device, with mmcv's calling conventions. Any other operator is
an error that names it, raised when it is called rather than when it is
imported.
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_NAME = 'mmcv._ext'


def install() -> None:
    """Puts the fallback in place, unless the full mmcv is present."""
    if _NAME in sys.modules or importlib.util.find_spec(_NAME) is not None:
        return
    sys.modules[_NAME] = _FallbackExtension()


class _FallbackExtension(ModuleType):
    """A module whose missing attributes are operators that explain."""

    def __init__(self) -> None:
        super().__init__(_NAME, __doc__)
        # mmengine asks pkgutil for the spec, which refuses a module without.
        self.__spec__ = ModuleSpec(_NAME, loader=None, origin=__name__)
        self.nms = nms
        self.sigmoid_focal_loss_forward = sigmoid_focal_loss_forward
        self.sigmoid_focal_loss_backward = sigmoid_focal_loss_backward

    def __getattr__(self, name: str):
        if name.startswith('__'):
            raise AttributeError(name)

        def missing(*args, **kwargs):
            raise NotImplementedError(
                f'mmcv-lite has no compiled operator "{name}": install the '
                'full mmcv (mim install "mmcv==2.0.1") to use it.'
            )

        return missing


def nms(
    boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0
) -> Tensor:
    """Greedy non-maximum suppression.

    Args:
        boxes: (n, 4) as x1, y1, x2, y2.
        scores: (n,); among equal scores the earlier box wins.
        iou_threshold: A box whose IoU with a kept one is larger is dropped.
        offset: 1 where x2 and y2 are the last pixels inside, else 0.

    Returns:
        Indices of the kept boxes by falling score, (k,) int64.
    """
    if offset == 0 and boxes.numel():
        try:
            from torchvision.ops import nms as torchvision_nms
        except ImportError:
            pass
        else:
            return torchvision_nms(boxes, scores, iou_threshold)

    corners = boxes.detach().to('cpu', torch.float64).numpy()
    rectangles = np.concatenate(
        [corners[:, :2], corners[:, 2:] - corners[:, :2] + offset], axis=1
    )
    # OpenCV takes no negative scores: the rank stands for the score.
    order = np.argsort(-scores.detach().cpu().numpy(), kind='stable')
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order), 0, -1)
    kept = cv2.dnn.NMSBoxes(rectangles, rank, 0, iou_threshold)
    return torch.as_tensor(
        np.asarray(kept, dtype=np.int64), device=boxes.device
    )


def sigmoid_focal_loss_forward(
    input: Tensor,
    target: Tensor,
    weight: Tensor,
    output: Tensor,
    gamma: float,
    alpha: float,
) -> None:
    """Focal loss of sigmoid scores (RetinaNet, eq. 5), elementwise.

    Args:
        input: Logits (n, classes).
        target: (n,) int64; the value ``classes`` means background.
        weight: (classes,) or empty.
        output: (n, classes), filled with the loss.
        gamma: Focusing exponent.
        alpha: Weight of the positive term.
    """
    output.copy_(_focal_loss(input, target, weight, gamma, alpha))


def sigmoid_focal_loss_backward(
    input: Tensor,
    target: Tensor,
    weight: Tensor,
    grad_input: Tensor,
    gamma: float,
    alpha: float,
) -> None:
    """Fills ``grad_input`` (n, classes) with the derivative by the logits."""
    with torch.enable_grad():
        logits = input.detach().requires_grad_()
        loss = _focal_loss(logits, target, weight, gamma, alpha)
        grad_input.copy_(torch.autograd.grad(loss.sum(), logits)[0])


def _focal_loss(
    logits: Tensor, target: Tensor, weight: Tensor, gamma: float, alpha: float
) -> Tensor:
    classes = logits.size(1)
    positive = F.one_hot(target, classes + 1)[:, :classes].to(logits.dtype)
    p = logits.sigmoid()
    loss = positive * alpha * (1 - p) ** gamma * -F.logsigmoid(logits) + (
        1 - positive
    ) * (1 - alpha) * p**gamma * -F.logsigmoid(-logits)
    if weight.numel():
        # mmcv weights a row by its target's class; background rows keep 1.
        rows = torch.cat([weight, weight.new_ones(1)])[target]
        loss = loss * rows[:, None]
    return loss
