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
# Of a batch: a cost has 31 bits, a float of 64 has 53.
_MOST_FACES = 2**22


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
                _flatten(bbox_preds),
                _flatten(objectnesses).squeeze(1),
                torch.cat(priors).T.contiguous(),
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
            offsets: Of the boxes (B, 4, P).
            objectness: Logits (B, P).
            priors: x, y and two strides (4, P), in pixels.
            faces: (N, 6), see :meth:`loss_by_feat`.
        """
        row = self.assign(logits, offsets, objectness, priors, faces)
        positive = (row < len(faces)).float()

        # Of here on M predictions: all that learn a face, for no face has more
        # than candidate_topk, and as many without a face as there is room.
        room = min(self.assigner.candidate_topk * len(faces), row.numel())
        weight, index = positive.flatten().topk(room)
        image, prior = index // row.shape[1], index % row.shape[1]
        logits, offsets = logits[image, :, prior], offsets[image, :, prior]
        priors = priors[:, prior]
        # The row after the last is the target of those without a face.
        target = F.pad(faces, (0, 0, 0, 1))[row.flatten()[index]]
        label, target_boxes = target[:, 1:2], target[:, 2:]
        overlap = _overlaps(_decode(offsets.T, priors), target_boxes.T)

        classes = torch.arange(self.num_classes, device=label.device)
        target_class = (label == classes).float()
        if self.label_smoothing:
            target_class = (
                target_class * (1 - self.label_smoothing)
                + self.label_smoothing / self.num_classes
            )
        loss_bbox = 1 - overlap.clamp(min=self.loss_bbox.eps) ** 2
        losses = dict(
            loss_cls=self.loss_cls(
                logits,
                target_class * overlap.detach()[:, None],
                weight[:, None] * (label < self.num_classes),
            ),
            loss_bbox=self.loss_bbox.loss_weight * (loss_bbox * weight).sum(),
            loss_obj=self.loss_obj(
                objectness.reshape(-1, 1), positive.view(-1, 1)
            ),
        )
        if self.use_bbox_aux:
            target_offsets = self._get_bbox_aux_target(
                torch.zeros_like(offsets), target_boxes, priors.T
            )
            distance = self.loss_bbox_aux(
                offsets, target_offsets, reduction_override='none'
            )
            losses['loss_bbox_aux'] = (distance * weight[:, None]).sum()
        learners = reduce_mean(weight.sum()).clamp(min=1)
        return {name: loss / learners for name, loss in losses.items()}

    @torch.no_grad()
    def assign(
        self,
        logits: Tensor,
        offsets: Tensor,
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
            offsets: Of the boxes (B, 4, P).
            objectness: Logits (B, P).
            priors: x, y and two strides (4, P), in pixels.
            faces: (N, 6), see :meth:`loss_by_feat`.

        Returns:
            The row of the face that each prediction learns (B, P); N where it
            learns none.
        """
        settings = self.assigner
        # By columns, as reducing by image is fast for a contiguous index alone.
        columns = faces.T.contiguous()
        image, label = columns[:2].long()
        face_boxes = columns[2:].unsqueeze(-1)
        # (N, P), as all that follows. Masks are of ones and zeros, with which
        # a processor computes faster than it compares and chooses.
        inside, central = _depths(priors, face_boxes, settings.center_radius)
        both = torch.minimum(inside, central).sign_().clamp_(min=0)
        # A face may take what lies near any face of its image.
        near = torch.zeros_like(objectness)
        near = _of_images(torch.maximum(inside, central), image, near, 'amax')
        near = near.sign_().index_select(0, image)
        boxes = _decode(offsets.unbind(1), priors)
        boxes = [edge.index_select(0, image) for edge in boxes]
        overlap = _overlaps(boxes, face_boxes).mul_(near)
        cost = self._class_costs(logits, objectness, image, label)
        cost = cost.mul_(settings.cls_weight)
        cost.sub_((overlap + _IOU_EPS).log_(), alpha=settings.iou_weight)
        cost.clamp_(min=0)  # below it there are but rounding errors
        # What is not both inside and central comes last: it costs more than
        # anything else can. (mmdet's 100,000 would leave two decimals.)
        highest = -(
            settings.cls_weight * self.num_classes * _LOWEST_LOG
            + settings.iou_weight * math.log(_IOU_EPS)
        )
        cost.add_(1 - both, alpha=highest)
        cost.div_(near)  # infinite where it must not be taken
        return _cheapest(
            cost, overlap, image, len(objectness), settings.candidate_topk
        )

    def _class_costs(
        self, logits: Tensor, objectness: Tensor, image: Tensor, label: Tensor
    ) -> Tensor:
        """Binary cross-entropy of all classes with a face's own (N, P)."""
        scores = logits.sigmoid().mul_(objectness.sigmoid().unsqueeze(1))
        scores = scores.sqrt_()
        known = label < self.num_classes
        own = image * self.num_classes + label.clamp(max=self.num_classes - 1)
        present = scores.flatten(0, 1).index_select(0, own)
        present.log_().clamp_(min=_LOWEST_LOG)
        # log1p would be as exact beside costs of other classes, but slow.
        absent = scores.neg_().add_(1).log_().clamp_(min=_LOWEST_LOG)
        cost = absent.flatten(0, 1).index_select(0, own).sub_(present)
        cost -= absent.sum(1).index_select(0, image)
        return cost.mul_(known[:, None])


def _decode(
    offsets: Sequence[Tensor], priors: Sequence[Tensor]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Boxes x1 y1 x2 y2, as mmyolo's ``YOLOXBBoxCoder`` but plane by plane.

    Args:
        offsets: x and y in strides from a prior, and the logarithms of width
            and height in strides; four of one shape (..., P).
        priors: x, y and two strides, each (P,).
    """
    x, y, width, height = offsets
    left, top, stride_x, stride_y = priors
    x = (x * stride_x).add_(left)
    y = (y * stride_y).add_(top)
    width = width.exp() * (stride_x / 2)
    height = height.exp() * (stride_y / 2)
    return x - width, y - height, x.add_(width), y.add_(height)


def _overlaps(boxes: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
    """IoU of boxes with others, each x1 y1 x2 y2; shapes are broadcast.

    As mmdet's ``bbox_overlaps``, which sends a constant to the device.
    """
    x1, y1, x2, y2 = boxes
    left, top, right, bottom = others
    width = torch.minimum(x2, right).sub_(torch.maximum(x1, left))
    height = torch.minimum(y2, bottom).sub_(torch.maximum(y1, top))
    both = width.clamp_(min=0) * height.clamp_(min=0)
    areas = (x2 - x1) * (y2 - y1)
    areas.add_((right - left) * (bottom - top))
    return both / areas.sub_(both).clamp_(min=_UNION_EPS)


def _flatten(levels: Sequence[Tensor]) -> Tensor:
    """Maps (B, C, H, W) of all levels as one (B, C, P) in float32."""
    return torch.cat([level.float().flatten(2) for level in levels], 2)


def _depths(
    priors: Sequence[Tensor], boxes: Sequence[Tensor], radius: float
) -> tuple[Tensor, Tensor]:
    """How deep cells' centres lie in boxes and in the squares at their centres.

    Args:
        priors: x, y and two strides, each (P,); x and y of cells' corners.
        boxes: x1 y1 x2 y2, each (N, 1).
        radius: Half a square's side, in strides.

    Returns:
        In pixels to the nearest edge, positive inside; both (N, P).
    """
    x, y, stride_x, stride_y = priors
    x, y = x + stride_x * 0.5, y + stride_y * 0.5
    x1, y1, x2, y2 = boxes
    in_box = torch.minimum(
        torch.minimum(x - x1, x2 - x), torch.minimum(y - y1, y2 - y)
    )
    in_square = torch.minimum(
        stride_x * radius - (x - (x1 + x2) / 2).abs_(),
        stride_y * radius - (y - (y1 + y2) / 2).abs_(),
    )
    return in_box, in_square


def _cheapest(
    cost: Tensor,
    overlap: Tensor,
    image: Tensor,
    num_images: int,
    candidate_topk: int,
) -> Tensor:
    """Gives every face the predictions that cost least.

    Args:
        cost: Of each prediction for each face (N, P), at least 0; infinite
            for one that the face must not take.
        overlap: IoU of each prediction's box with each face (N, P).
        image: The images of the faces (N,).
        num_images: B.
        candidate_topk: Greatest number of predictions of a face. It takes as
            many as its greatest IoUs add up to.

    Returns:
        As :meth:`FERYOLOXHead.assign`.
    """
    (num_faces, num_priors), device = cost.shape, cost.device
    candidates = min(candidate_topk, num_priors)
    number = overlap.topk(candidates).values.sum(1).int().clamp(min=1)
    cheapest, prior = cost.topk(candidates, largest=False)
    rank = torch.arange(candidates, device=device)
    # (N, candidates), as all of the places (B * P) below.
    taken = (rank < number[:, None]) & (cheapest < math.inf)
    place = image[:, None] * num_priors + prior
    takers = cost.new_zeros(num_images * num_priors)
    takers = takers.scatter_add_(0, place.view(-1), taken.view(-1).float())

    # What several faces take is the cheapest face's, even if that one has not
    # taken it; of equals, the first face's. Whole numbers whose upper bits are
    # the cost's, which are in order, and whose lower bits are the face: in
    # floats, of which the least is found in less time.
    row = torch.arange(num_faces, device=device)[:, None]
    cost = cost.view(torch.int32).double().mul_(_MOST_FACES).add_(row)
    first = cost.new_full((num_images, num_priors), math.inf)
    first = _of_images(cost, image, first, 'amin').view(-1)[place]
    row = torch.where(takers[place] > 1, (first % _MOST_FACES).long(), row)
    # The place after the last is that of what is not taken.
    rows = row.new_full((len(takers) + 1,), num_faces)
    place = place.masked_fill(~taken, len(takers))
    rows.scatter_(0, place.view(-1), row.view(-1))
    return rows[:-1].view(num_images, num_priors)


def _of_images(
    values: Tensor, image: Tensor, initial: Tensor, reduce: str
) -> Tensor:
    """Reduces ``initial`` (B, P) and with it the rows (N, P) of each image."""
    rows = image[:, None].expand_as(values)
    return initial.scatter_reduce_(0, rows, values, reduce)
