"""How YOLOv4 writes a box (arXiv 2004.10934, Section 3.4)."""

import math

import torch
from mmdet.models.task_modules.coders.base_bbox_coder import BaseBBoxCoder
from mmyolo.registry import TASK_UTILS
from torch import Tensor


@TASK_UTILS.register_module()
class YOLOv4BBoxCoder(BaseBBoxCoder):
    """A box as its centre in a cell and its size beside an anchor's.

    The centre is a sigmoid, the size an exponential, as in YOLOv3. YOLOv3
    reaches the border of a cell only at infinity; YOLOv4 lets the centre leave
    the cell by a little ("eliminate grid sensitivity"). darknet gives it as a
    factor of 1.2, 1.1 and 1.05 on the cells of stride 8, 16 and 32
    (``scale_x_y``), which is the same distance at every level: 0.8 pixels on
    each side.

    Args:
        overshoot: How far a centre may leave its cell, in pixels.
        max_ratio: A size is cut off at this multiple of the anchor's, which
            keeps an exponential of a wild prediction finite. An anchor that
            learns a face by the IoU of their shapes is at most 4.7 times too
            small (1 / 0.213, see :class:`YOLOv4Head`).
    """

    def __init__(self, overshoot: float = 0.8, max_ratio: float = 16.0) -> None:
        super().__init__()
        self.overshoot = overshoot
        self.max_log_ratio = math.log(max_ratio)

    def encode(
        self, priors: Tensor, gt_bboxes: Tensor, stride: Tensor | float
    ) -> Tensor:
        """What must be predicted for boxes, the inverse of :meth:`decode`.

        Args:
            priors: Anchors (..., 4), x1 y1 x2 y2 in pixels, each around the
                centre of its cell.
            gt_bboxes: Boxes (..., 4), x1 y1 x2 y2 in pixels, each with its
                centre in the cell of its anchor.
            stride: Side of the cells in pixels, () or (...).

        Returns:
            Logits of the centre and logarithms of the size, (..., 4).
        """
        cell, anchor = _centre_and_size(priors)
        centre, size = _centre_and_size(gt_bboxes)
        reach = self._reach(priors, stride)
        logits = torch.logit((centre - cell) / reach + 0.5)
        return torch.cat((logits, torch.log(size / anchor)), dim=-1)

    def decode(
        self, priors: Tensor, pred_bboxes: Tensor, stride: Tensor | float
    ) -> Tensor:
        """Boxes from what the head predicts.

        Args:
            priors: As of :meth:`encode`.
            pred_bboxes: Predictions (..., 4) in the order of :meth:`encode`'s
                result.
            stride: As of :meth:`encode`.

        Returns:
            Boxes (..., 4), x1 y1 x2 y2 in pixels.
        """
        cell, anchor = _centre_and_size(priors)
        reach = self._reach(priors, stride)
        centre = cell + (pred_bboxes[..., :2].sigmoid() - 0.5) * reach
        log_ratio = pred_bboxes[..., 2:]
        cut = log_ratio.clamp(max=self.max_log_ratio).detach()
        # The gradient takes no notice of the cut: a prediction beyond it must
        # find back.
        size = anchor * (cut + (log_ratio - log_ratio.detach())).exp()
        return torch.cat((centre - size / 2, centre + size / 2), dim=-1)

    def _reach(self, priors: Tensor, stride: Tensor | float) -> Tensor:
        """Side of the square in which a centre may lie, (..., 1)."""
        stride = torch.as_tensor(
            stride, dtype=priors.dtype, device=priors.device
        )
        return stride[..., None] + 2 * self.overshoot


def _centre_and_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    low, high = boxes.split(2, dim=-1)
    return (low + high) / 2, high - low
