"""YOLOv4's head (arXiv 2004.10934, Section 3.4) and how it writes a box."""

import math
from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmdet.models.task_modules.coders.base_bbox_coder import BaseBBoxCoder
from mmdet.structures.bbox import bbox_overlaps
from mmdet.utils import ConfigType, InstanceList, OptInstanceList
from mmyolo.models.dense_heads.yolov5_head import YOLOv5Head, YOLOv5HeadModule
from mmyolo.registry import MODELS, TASK_UTILS
from torch import Tensor

_BCE = dict(type='mmdet.CrossEntropyLoss', use_sigmoid=True)
_CIOU = dict(iou_mode='ciou', bbox_format='xyxy', return_iou=False)
_DEFAULTS = dict(
    prior_generator=dict(
        type='mmdet.YOLOAnchorGenerator',
        base_sizes=[
            [(12, 16), (19, 36), (40, 28)],
            [(36, 75), (76, 55), (72, 146)],
            [(142, 110), (192, 243), (459, 401)],
        ],
        strides=[8, 16, 32],
    ),
    bbox_coder=dict(type='YOLOv4BBoxCoder'),
    loss_cls=_BCE,
    loss_bbox=dict(type='IoULoss', loss_weight=5.0, **_CIOU),
    loss_obj=_BCE,
)


@MODELS.register_module()
class YOLOv4Head(YOLOv5Head):
    """mmyolo's YOLOv5 head with YOLOv4's boxes, assignment and loss.

    A face belongs to the cell of its centre at each level. There it is learnt
    by every anchor whose shape has an IoU above ``match_iou_thr`` with the
    face's, both at one place, and by the best anchor of all levels in any case
    ("multiple anchors for a single ground truth", arXiv 2004.10934, Section
    3.4; ``iou_thresh`` in darknet). Every other prediction learns that there
    is nothing, unless its box has an IoU above ``ignore_iou_thr`` with a face
    (YOLOv3, arXiv 1804.02767, Section 2.1). darknet ignores such a prediction
    only if it also gives a class 0.25 or more; the papers have no such rule,
    and neither does this head.

    The losses, each summed over an image and averaged over the images: binary
    cross-entropy for objectness and for each class, and complete IoU (CIoU)
    for the box. The final model smooths no labels.

    CIoU has the weight 5 of mmyolo's YOLOX, which adds up the same sums.
    darknet's is 0.07 (``iou_normalizer``), but of a gradient that leaves out
    the derivative of the sigmoid and the division by the grid's size, and so is
    at least 38 to 133 times as strong for a centre on the grids of 320 pixels.
    With the exact gradient, 0.07 lets the boxes lag behind the classes.

    Args:
        head_module: The layers, see :class:`YOLOv4HeadModule`.
        match_iou_thr: An anchor of a greater shape IoU with a face learns it.
        ignore_iou_thr: A prediction of a greater IoU with a face is no
            negative example.
        **kwargs: As of mmyolo's ``YOLOv5Head``. By default the anchors are the
            paper's for COCO, boxes are read by :class:`YOLOv4BBoxCoder`, and
            the losses are those above, of boxes as x1 y1 x2 y2.
    """

    def __init__(
        self,
        head_module: ConfigType,
        match_iou_thr: float = 0.213,
        ignore_iou_thr: float = 0.7,
        **kwargs,
    ) -> None:
        super().__init__(head_module, **(_DEFAULTS | kwargs))
        self.match_iou_thr = match_iou_thr
        self.ignore_iou_thr = ignore_iou_thr

    def special_init(self) -> None:
        """Keeps what the assignment needs of the anchors and levels."""
        sizes = torch.tensor(self.prior_generator.base_sizes)
        strides = torch.tensor(self.featmap_strides)
        # (all anchors, 2): widths and heights in pixels, level by level.
        self.register_buffer(
            'anchor_sizes', sizes.flatten(0, 1).float(), persistent=False
        )
        self.register_buffer('level_strides', strides, persistent=False)

    def loss_by_feat(
        self,
        cls_scores: Sequence[Tensor],
        bbox_preds: Sequence[Tensor],
        objectnesses: Sequence[Tensor],
        batch_gt_instances: Tensor | InstanceList,
        batch_img_metas: Sequence[dict],
        batch_gt_instances_ignore: OptInstanceList = None,
    ) -> dict[str, Tensor]:
        """The three losses of a batch.

        Args:
            cls_scores: Per level (B, A * classes, H, W), before the sigmoid.
            bbox_preds: Per level (B, A * 4, H, W).
            objectnesses: Per level (B, A, H, W), before the sigmoid.
            batch_gt_instances: Faces (G, 6), each the index of its image, its
                class and x1 y1 x2 y2 in pixels (as ``yolov5_collate`` makes
                them), or one ``InstanceData`` an image.
            batch_img_metas: Not used.
            batch_gt_instances_ignore: Not used.

        Returns:
            Scalars ``loss_cls``, ``loss_obj`` and ``loss_bbox``.
        """
        num_imgs = len(cls_scores[0])
        featmap_sizes = [tuple(level.shape[2:]) for level in cls_scores]
        cls_scores = _flatten(cls_scores, self.num_classes)
        objectness = _flatten(objectnesses, 1).squeeze(-1)
        boxes = self._decode(_flatten(bbox_preds, 4), featmap_sizes)
        faces = _as_rows(batch_gt_instances)

        face, prior = self.match(faces, featmap_sizes)
        image, label = faces[face, :2].long().T
        target_obj = torch.zeros_like(objectness)
        target_obj[image, prior] = 1
        # A prediction that two faces share learns both classes.
        target_cls = torch.zeros_like(cls_scores)
        target_cls[image, prior, label] = 1
        positive = target_obj > 0
        counted = positive | ~self._overlaps_a_face(boxes.detach(), faces)

        mean = dict(avg_factor=num_imgs)
        classes = cls_scores[positive], target_cls[positive]
        is_face = objectness[counted], target_obj[counted]
        matched_boxes = boxes[image, prior], faces[face, 2:]
        return dict(
            loss_cls=self.loss_cls(*classes, **mean),
            loss_obj=self.loss_obj(*is_face, **mean),
            loss_bbox=self.loss_bbox(*matched_boxes, **mean),
        )

    def match(
        self, faces: Tensor, featmap_sizes: Sequence[tuple[int, int]]
    ) -> tuple[Tensor, Tensor]:
        """Pairs every face with the predictions that learn it.

        Args:
            faces: As ``batch_gt_instances`` of :meth:`loss_by_feat`, (G, 6).
            featmap_sizes: Height and width of each level in cells.

        Returns:
            For each pair the index of the face and the index of the prediction
            in its image, both (number of pairs,). Predictions are counted level
            by level, there row by row, column by column, anchor by anchor.
        """
        low, high = faces[:, 2:].split(2, dim=-1)
        sizes = (high - low)[:, None]
        common = torch.minimum(sizes, self.anchor_sizes).prod(-1)
        areas = sizes.prod(-1) + self.anchor_sizes.prod(-1)
        shape_iou = common / (areas - common)
        best = F.one_hot(shape_iou.argmax(dim=1), shape_iou.shape[1]) > 0
        face, anchor = torch.nonzero(
            best | (shape_iou > self.match_iou_thr), as_tuple=True
        )

        level = anchor // self.num_base_priors
        stride = self.level_strides[level][:, None]
        cells = faces.new_tensor(featmap_sizes).long()
        column, row = (((low + high) / 2)[face] / stride).long().T
        height, width = cells[level].T
        # A centre on the far border of the image lies in the last cell.
        row = row.clamp(min=0).minimum(height - 1)
        column = column.clamp(min=0).minimum(width - 1)
        lengths = cells.prod(-1) * self.num_base_priors
        start = (lengths.cumsum(0) - lengths)[level]
        cell = row * width + column
        slot = anchor % self.num_base_priors
        return face, start + cell * self.num_base_priors + slot

    def _decode(
        self, predictions: Tensor, featmap_sizes: Sequence[tuple[int, int]]
    ) -> Tensor:
        """Boxes (B, N, 4) in pixels from all predictions of the batch."""
        priors = self.prior_generator.grid_priors(
            featmap_sizes, dtype=predictions.dtype, device=predictions.device
        )
        strides = [
            level.new_full((len(level),), stride)
            for level, stride in zip(priors, self.featmap_strides, strict=True)
        ]
        return self.bbox_coder.decode(
            torch.cat(priors), predictions, torch.cat(strides)
        )

    def _overlaps_a_face(self, boxes: Tensor, faces: Tensor) -> Tensor:
        """Which of the boxes (B, N, 4) is close to a face, (B, N)."""
        close = []
        for index, own_boxes in enumerate(boxes):
            own_faces = faces[faces[:, 0] == index, 2:]
            iou = bbox_overlaps(own_boxes, own_faces)
            close.append((iou > self.ignore_iou_thr).any(dim=1))
        return torch.stack(close)


def _flatten(levels: Sequence[Tensor], size: int) -> Tensor:
    """All predictions (B, N, size) of maps (B, A * size, H, W).

    They are float32 even under mixed precision: pixels need the digits.
    """
    return torch.cat(
        [
            level.permute(0, 2, 3, 1).reshape(len(level), -1, size)
            for level in levels
        ],
        dim=1,
    ).float()


def _as_rows(batch_gt_instances: Tensor | InstanceList) -> Tensor:
    """The faces of all images as (G, 6)."""
    if isinstance(batch_gt_instances, Tensor):
        return batch_gt_instances
    rows = []
    for index, faces in enumerate(batch_gt_instances):
        boxes, labels = faces.bboxes, faces.labels[:, None]
        image = boxes.new_full((len(faces), 1), index)
        rows.append(torch.cat((image, labels.to(boxes), boxes), dim=1))
    return torch.cat(rows)


@MODELS.register_module()
class YOLOv4HeadModule(YOLOv5HeadModule):
    """YOLOv3's head: at each level a 3x3 convolution and the prediction.

    The 3x3 convolution doubles the channels; a 1x1 convolution then predicts
    box, objectness and classes of three anchors. The biases start as mmyolo's
    YOLOv5 lets them, with few objects an image (darknet starts them at zero).

    Args:
        num_classes: Number of classes.
        in_channels: Channels of each level at width 1.
        norm_cfg: Normalisation of the 3x3 convolutions.
        act_cfg: Activation of the 3x3 convolutions.
        **kwargs: As of :class:`mmyolo.models.YOLOv5HeadModule`.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: Sequence[int] = (128, 256, 512),
        norm_cfg: ConfigType = dict(type='BN'),
        act_cfg: ConfigType = dict(type='LeakyReLU', negative_slope=0.1),
        **kwargs,
    ) -> None:
        self.norm_cfg = norm_cfg
        self.act_cfg = act_cfg
        super().__init__(num_classes, in_channels, **kwargs)

    def _init_layers(self) -> None:
        self.convs = nn.ModuleList()
        self.convs_pred = nn.ModuleList()
        num_outputs = self.num_base_priors * self.num_out_attrib
        cfg = dict(norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)
        for channels in self.in_channels:
            self.convs.append(
                ConvModule(channels, 2 * channels, 3, padding=1, **cfg)
            )
            self.convs_pred.append(nn.Conv2d(2 * channels, num_outputs, 1))

    def forward(self, x: tuple[Tensor, ...]) -> tuple[list[Tensor], ...]:
        """Predicts from the maps of all levels, (B, channels, H, W).

        Returns:
            Class scores (B, A * classes, H, W), boxes (B, A * 4, H, W) and
            objectness (B, A, H, W) of A anchors, before the sigmoid, each as a
            list over the levels.
        """
        return super().forward(
            [conv(level) for conv, level in zip(self.convs, x, strict=True)]
        )


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
        stride = torch.as_tensor(stride).to(priors)
        return stride[..., None] + 2 * self.overshoot


def _centre_and_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    low, high = boxes.split(2, dim=-1)
    return (low + high) / 2, high - low
