"""YOLOX's head for faces of which some have no expression.

mmyolo assigns the predictions of a batch image by image, and asks the device
for a result at every step. Here the whole batch is assigned at once, face by
face in the rows of one matrix, and nothing waits for the device: shapes follow
from the inputs' shapes alone, and what does not count has the weight zero.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmdet.utils import OptInstanceList, reduce_mean
from mmyolo.models import YOLOXHead
from mmyolo.registry import MODELS
from torch import Tensor

__all__ = ['FERYOLOXHead']

# Below it the logarithm of a probability counts no further, as in
# torch.nn.BCELoss.
_LOWEST_LOG = -100.0
# Added to an IoU before its logarithm, and the least area of a union; both as
# in mmdet.
_IOU_EPS = 1e-7
_UNION_EPS = 1e-6


@MODELS.register_module()
class FERYOLOXHead(YOLOXHead):
    """mmyolo's YOLOX head, which also learns from faces without expression.

    A face of the label ``num_classes`` is one whose expression is not known.
    It is assigned to predictions by its box alone, and they learn its box and
    that a face is there, but no class. All other faces are learnt as by
    mmyolo's head: the assignment is mmdet's ``SimOTAAssigner``, whose settings
    (``train_cfg.assigner``) hold here, too, and so are the losses. They are
    computed in float32 whatever the type of the outputs.

    The sums of all losses are divided by the number of all predictions that
    have a face, with an expression or without.

    Args:
        label_smoothing: Share of the class target that is spread evenly over
            all classes, in [0, 1).
        **kwargs: As of :class:`mmyolo.models.YOLOXHead`; ``loss_bbox`` is
            mmdet's ``IoULoss`` of the mode ``square``, YOLOX's own. A
            ``class_weight`` of ``loss_cls`` is sent to the device each time.

    Raises:
        ValueError: If ``loss_bbox`` or ``label_smoothing`` is another.
    """

    def __init__(self, *args, label_smoothing: float = 0.0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                f'label_smoothing is {label_smoothing}, but must be in [0, 1)'
            )
        if getattr(self.loss_bbox, 'mode', None) != 'square':
            raise ValueError(
                'loss_bbox of FERYOLOXHead must be mmdet.IoULoss with '
                'mode="square", the loss of YOLOX'
            )
        self.label_smoothing = label_smoothing

    def loss_by_feat(
        self,
        cls_scores: Sequence[Tensor],
        bbox_preds: Sequence[Tensor],
        objectnesses: Sequence[Tensor],
        batch_gt_instances: Tensor,
        batch_img_metas: Sequence[dict],
        batch_gt_instances_ignore: OptInstanceList = None,
    ) -> dict[str, Tensor]:
        """The losses of a batch.

        Args:
            cls_scores: Per level (B, classes, H, W), before the sigmoid.
            bbox_preds: Per level (B, 4, H, W), in strides.
            objectnesses: Per level (B, 1, H, W), before the sigmoid.
            batch_gt_instances: Faces (N, 6), each the index of its image, its
                class and x1 y1 x2 y2 in pixels (as ``yolov5_collate`` makes
                them).
            batch_img_metas: Not used.
            batch_gt_instances_ignore: Not used.

        Returns:
            Scalars ``loss_cls``, ``loss_bbox``, ``loss_obj`` and, with
            ``use_bbox_aux``, ``loss_bbox_aux``.
        """
        device = cls_scores[0].device
        priors = self.prior_generator.grid_priors(
            [level.shape[2:] for level in cls_scores],
            dtype=torch.float32,
            device=device,
            with_stride=True,
        )
        with torch.autocast(device.type, enabled=False):
            return self._losses(
                _flatten(cls_scores),
                _flatten(bbox_preds).transpose(1, 2),
                _flatten(objectnesses).squeeze(1),
                torch.cat(priors),
                batch_gt_instances.float(),
            )

    def _losses(
        self,
        logits: Tensor,
        offsets: Tensor,
        objectness: Tensor,
        priors: Tensor,
        faces: Tensor,
    ) -> dict[str, Tensor]:
        """The losses of float32 predictions.

        Args:
            logits: Of the classes (B, C, P).
            offsets: Of the boxes (B, P, 4).
            objectness: Logits (B, P).
            priors: x, y and two strides (P, 4), in pixels.
            faces: (N, 6), see :meth:`loss_by_feat`.
        """
        boxes = self.bbox_coder.decode(priors[:, :2], offsets, priors[:, 2])
        row = self.assign(
            logits.detach(), boxes.detach(), objectness.detach(), priors, faces
        )
        positive = row < len(faces)
        # The row after the last is what a prediction without a face learns.
        target = F.pad(faces, (0, 0, 0, 1))[row]
        label, target_box = target[..., 1:2], target[..., 2:]
        overlap = overlaps(boxes, target_box)

        def mean(loss: Tensor) -> Tensor:
            """Of all predictions with a face; ``loss`` is a sum."""
            return loss / reduce_mean(positive.sum().float()).clamp(min=1)

        classes = torch.arange(self.num_classes, device=label.device)
        target_class = (label == classes).float()
        if self.label_smoothing:
            target_class = (
                target_class * (1 - self.label_smoothing)
                + self.label_smoothing / self.num_classes
            )
        has_class = positive.unsqueeze(-1) & (label < self.num_classes)
        overlap_loss = 1 - overlap.clamp(min=self.loss_bbox.eps) ** 2
        losses = dict(
            loss_cls=mean(
                self.loss_cls(
                    logits.transpose(1, 2),
                    target_class * overlap.detach().unsqueeze(-1),
                    has_class.float(),
                )
            ),
            loss_bbox=mean(
                self.loss_bbox.loss_weight
                * overlap_loss.masked_fill(~positive, 0).sum()
            ),
            loss_obj=mean(
                self.loss_obj(
                    objectness.reshape(-1, 1), positive.float().view(-1, 1)
                )
            ),
        )
        if self.use_bbox_aux:
            target_offsets = self._get_bbox_aux_target(
                torch.zeros_like(boxes).view(-1, 4),
                target_box.reshape(-1, 4),
                priors.repeat(len(boxes), 1),
            )
            distance = self.loss_bbox_aux(
                offsets.reshape(-1, 4),
                target_offsets,
                reduction_override='none',
            )
            losses['loss_bbox_aux'] = mean(
                distance.masked_fill(~positive.view(-1, 1), 0).sum()
            )
        return losses

    @torch.no_grad()
    def assign(
        self,
        logits: Tensor,
        boxes: Tensor,
        objectness: Tensor,
        priors: Tensor,
        faces: Tensor,
    ) -> Tensor:
        """SimOTA (arXiv 2107.08430, Section 2.1) of a whole batch.

        As mmdet's ``SimOTAAssigner`` for every image, but for the cost of a
        face without expression, which is that of its box alone. Equal costs
        of a face may be ranked otherwise than there.

        Args:
            logits: Of the classes (B, C, P).
            boxes: x1 y1 x2 y2 (B, P, 4), in pixels.
            objectness: Logits (B, P).
            priors: x, y and two strides (P, 4), in pixels.
            faces: (N, 6), see :meth:`loss_by_feat`.

        Returns:
            The row of the face that each prediction learns (B, P); N where it
            learns none.
        """
        settings = self.assigner
        image, label = faces[:, :2].long().T
        inside, central = _inside_and_central(
            priors, faces[:, 2:], settings.center_radius
        )
        # A face may take what lies near any face of its image.
        near = _sum_of_images(inside | central, image, len(boxes))[image] > 0
        # (N, P), as all that follows.
        overlap = overlaps(boxes[image], faces[:, None, 2:])
        overlap = overlap.masked_fill_(~near, 0)
        cost = self._class_costs(logits, objectness, image, label)
        cost = cost * settings.cls_weight
        cost -= (overlap + _IOU_EPS).log() * settings.iou_weight
        # What is not both inside and central comes last: it costs more than
        # anything else can. (mmdet's 100,000 would leave two decimals.)
        highest = -(
            settings.cls_weight * self.num_classes * _LOWEST_LOG
            + settings.iou_weight * math.log(_IOU_EPS)
        )
        cost += ~(inside & central) * highest
        cost = cost.masked_fill_(~near, math.inf)

        # As many of the cheapest as the best IoUs add up to.
        candidates = min(settings.candidate_topk, len(priors))
        taken = overlap.topk(candidates).values.sum(1).int().clamp(min=1)
        cheapest, index = cost.topk(candidates, largest=False)
        rank = torch.arange(candidates, device=cost.device)
        taken = (rank < taken[:, None]) & (cheapest < math.inf)
        taken = torch.zeros_like(near).scatter_(1, index, taken)

        # What several faces take is the cheapest face's, even if that one has
        # not taken it; of equals, the first face's.
        shared = _sum_of_images(taken, image, len(boxes))[image] > 1
        lowest = _least_of_images(cost, image, len(boxes), math.inf)[image]
        taken = torch.where(shared, cost == lowest, taken)
        row = torch.arange(len(faces), device=cost.device)[:, None]
        row = row.masked_fill(~taken, len(faces))
        return _least_of_images(row, image, len(boxes), len(faces))

    def _class_costs(
        self, logits: Tensor, objectness: Tensor, image: Tensor, label: Tensor
    ) -> Tensor:
        """Binary cross-entropy of all classes with a face's own (N, P)."""
        scores = logits.sigmoid() * objectness.sigmoid().unsqueeze(1)
        scores = scores.sqrt_()
        present = -scores.log().clamp(min=_LOWEST_LOG)
        absent = -torch.log1p(-scores).clamp(min=_LOWEST_LOG)
        own = (present - absent)[image, label.clamp(max=self.num_classes - 1)]
        cost = absent.sum(1)[image] + own
        return cost.masked_fill_(label[:, None] >= self.num_classes, 0)


def overlaps(boxes: Tensor, others: Tensor) -> Tensor:
    """IoU of boxes x1 y1 x2 y2 (..., 4) with others, shapes broadcast.

    As mmdet's ``bbox_overlaps``, which sends a constant to the device.
    """
    low = torch.maximum(boxes[..., :2], others[..., :2])
    high = torch.minimum(boxes[..., 2:], others[..., 2:])
    both = _areas((high - low).clamp(min=0))
    union = _areas(boxes[..., 2:] - boxes[..., :2])
    union = union + _areas(others[..., 2:] - others[..., :2]) - both
    return both / union.clamp(min=_UNION_EPS)


def _areas(sides: Tensor) -> Tensor:
    return sides[..., 0] * sides[..., 1]


def _flatten(levels: Sequence[Tensor]) -> Tensor:
    """Maps (B, C, H, W) of all levels as one (B, C, P) in float32."""
    return torch.cat([level.float().flatten(2) for level in levels], 2)


def _inside_and_central(
    priors: Tensor, boxes: Tensor, radius: float
) -> tuple[Tensor, Tensor]:
    """Which cells' centres lie in a box, and near its centre; both (N, P).

    Args:
        priors: x, y and two strides (P, 4), x and y of the cells' corners.
        boxes: x1 y1 x2 y2 (N, 4).
        radius: How far from a box's centre is near, in strides.
    """
    strides = priors[:, 2:]
    cells = priors[:, :2] + strides * 0.5
    boxes = boxes[:, None]
    inside = (cells > boxes[..., :2]) & (cells < boxes[..., 2:])
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    central = (cells - centres).abs() < radius * strides
    return inside.all(-1), central.all(-1)


def _sum_of_images(values: Tensor, image: Tensor, num_images: int) -> Tensor:
    """Sums the rows (N, P) of each image, a float32 (B, P)."""
    sums = torch.zeros(num_images, values.shape[1], device=values.device)
    return sums.index_add_(0, image, values.float())


def _least_of_images(
    values: Tensor, image: Tensor, num_images: int, highest: float
) -> Tensor:
    """The least of the rows (N, P) of each image (B, P), or ``highest``."""
    least = values.new_full((num_images, values.shape[1]), highest)
    rows = image[:, None].expand_as(values)
    return least.scatter_reduce_(0, rows, values, 'amin')
