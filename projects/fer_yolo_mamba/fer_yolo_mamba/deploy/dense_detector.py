"""A detector as one function of a batch: every box and every score it has.

What OpenMMLab's heads do beyond that (thresholds, the best k, non-maximum
suppression, back to the photograph) works image by image on shapes that depend
on the values, and belongs to whoever calls the network.
"""

from collections.abc import Sequence
from functools import singledispatch

import torch
import torch.nn as nn
from mmdet.models import AnchorHead, CenterNetHead, YOLOV3Head
from mmdet.models.utils import get_local_maximum
from mmyolo.models import YOLOv5Head
from torch import Tensor

from ..errors import InputError

Predictions = tuple[Tensor, Tensor]


class DenseDetector(nn.Module):
    """A detector of OpenMMLab without its suppression.

    >>> boxes, scores = DenseDetector(detector)(torch.zeros(1, 3, 320, 320))
    >>> boxes.shape, scores.shape
    (torch.Size([1, 2100, 4]), torch.Size([1, 2100, 7]))

    Args:
        detector: A single-stage detector of this project's configs, in
            evaluation mode.

    Raises:
        InputError: Its head is of another kind than those of the configs.
    """

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        if decode.dispatch(type(detector.bbox_head)) is decode.dispatch(object):
            raise InputError(
                f'a {type(detector.bbox_head).__name__} cannot be exported: '
                'take a detector of configs/.'
            )
        self.detector = detector

    def forward(self, images: Tensor) -> Predictions:
        """Finds faces in normalised pictures.

        Args:
            images: (B, 3, H, W), as the detector's data preprocessor gives
                them.

        Returns:
            Boxes (B, A, 4), x1 y1 x2 y2 in pixels of `images`, which may
            leave them; and scores (B, A, classes), where there is an
            objectness times it.
        """
        head = self.detector.bbox_head
        return decode(head, *head(self.detector.extract_feat(images)))


@singledispatch
def decode(head: nn.Module, *outputs: Sequence[Tensor]) -> Predictions:
    """Boxes and scores from the maps that a head gives, of every level."""
    raise NotImplementedError


@decode.register
def _(
    head: YOLOv5Head,
    class_maps: Sequence[Tensor],
    box_maps: Sequence[Tensor],
    objectness_maps: Sequence[Tensor] | None = None,
) -> Predictions:
    """All of mmyolo: YOLOX, YOLOv4, v5, v7, v8; the last has no objectness."""
    priors = _priors(head, class_maps)
    strides = [
        prior.new_full((prior.shape[0],), stride)
        for prior, stride in zip(priors, head.featmap_strides, strict=True)
    ]
    boxes = head.bbox_coder.decode(
        torch.cat(priors)[None], _rows(box_maps, 4), torch.cat(strides)
    )
    scores = _rows(class_maps, head.num_classes).sigmoid()
    if objectness_maps is not None:
        scores = scores * _rows(objectness_maps, 1).sigmoid()
    return boxes, scores


@decode.register
def _(
    head: AnchorHead, class_maps: Sequence[Tensor], box_maps: Sequence[Tensor]
) -> Predictions:
    """RetinaNet, EfficientDet and, with a softmax over one more class, SSD."""
    deltas = _rows(box_maps, 4)
    anchors = torch.cat(_priors(head, class_maps))
    boxes = head.bbox_coder.decode(
        anchors.expand(deltas.shape).flatten(0, 1), deltas.flatten(0, 1)
    ).view_as(deltas)
    scores = _rows(class_maps, head.cls_out_channels)
    if head.use_sigmoid_cls:
        return boxes, scores.sigmoid()
    return boxes, scores.softmax(-1)[..., :-1]


@decode.register
def _(head: YOLOV3Head, maps: Sequence[Tensor]) -> Predictions:
    """YOLOv3: box, objectness and classes of an anchor in one row."""
    anchors = _priors(head, maps)
    strides = [
        anchor.new_full((anchor.shape[0], 1), stride)
        for anchor, stride in zip(anchors, head.featmap_strides, strict=True)
    ]
    centres, sizes, objectness, classes = _rows(maps, head.num_attrib).split(
        (2, 2, 1, head.num_classes), dim=-1
    )
    boxes = head.bbox_coder.decode(
        torch.cat(anchors),
        torch.cat((centres.sigmoid(), sizes), -1),
        torch.cat(strides),
    )
    return boxes, classes.sigmoid() * objectness.sigmoid()


@decode.register
def _(
    head: CenterNetHead,
    heatmaps: Sequence[Tensor],
    size_maps: Sequence[Tensor],
    offset_maps: Sequence[Tensor],
) -> Predictions:
    """CenterNet: a box a pixel; where the heat has no peak, of score zero."""
    (heat,) = heatmaps
    peaks = get_local_maximum(heat, head.test_cfg.local_maximum_kernel)
    rows = torch.arange(heat.shape[2], dtype=heat.dtype, device=heat.device)
    columns = torch.arange(heat.shape[3], dtype=heat.dtype, device=heat.device)
    grid = torch.stack(torch.meshgrid(columns, rows, indexing='xy'), -1)
    centres = grid.flatten(0, 1) + _rows(offset_maps, 2)
    halves = _rows(size_maps, 2) / 2
    # The head sees a quarter of the picture's pixels each way.
    boxes = 4 * torch.cat((centres - halves, centres + halves), -1)
    return boxes, _rows([peaks], head.num_classes)


def _priors(head: nn.Module, maps: Sequence[Tensor]) -> list[Tensor]:
    """Points or anchors of each level, in the order of `_rows`."""
    return head.prior_generator.grid_priors(
        [level.shape[2:] for level in maps],
        dtype=maps[0].dtype,
        device=maps[0].device,
    )


def _rows(maps: Sequence[Tensor], size: int) -> Tensor:
    """Maps (B, A * size, H, W) of each level as rows (B, all A, size)."""
    return torch.cat(
        [
            level.permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, size))
            for level in maps
        ],
        dim=1,
    )
