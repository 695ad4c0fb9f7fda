"""The boxes of a test: image by image, and of all images end to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import TypeVar

import numpy as np
import torch

from ..errors import InputError

# An exponential in a box decoder can overflow early in training. No
# photograph is this wide, and a box clipped here still matches nothing.
_FAR_OUTSIDE = 1e6

# Folder of the images in a VOC set.
_IMAGES = 'JPEGImages'

# Remedies for what is missing.
_PREDICTED = 'evaluate the predictions of a detector of mmdet or mmyolo'
_ANNOTATED = 'put LoadAnnotations(with_bbox=True) into the test pipeline'


@dataclass(frozen=True)
class ImageRecord:
    """The detections and the ground truth of one image.

    Small enough to travel between processes. Boxes are (x1, y1, x2, y2) in
    pixels of the original image.

    Attributes:
        boxes: Detected boxes, (D, 4) float64.
        scores: (D,) float64.
        labels: Class of each detection, (D,) int64.
        gt_boxes: (G, 4) float64.
        gt_labels: (G,) int64; the number of classes stands for a face whose
            expression is not known.
        gt_ignored: (G,) bool; true where finding the object is neither
            rewarded nor punished ("difficult" in VOC annotations).
        path: The image file, as the data set named it; empty if unknown.
        width: Of the original image, in pixels; 0 if unknown.
        height: Likewise.
        img_id: What the data set calls the image, its line in a split file;
            empty if unknown.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    gt_boxes: np.ndarray
    gt_labels: np.ndarray
    gt_ignored: np.ndarray
    path: str = ''
    width: int = 0
    height: int = 0
    img_id: str = ''

    @property
    def image_id(self) -> str:
        """`img_id`, or by its path: that below JPEGImages, without suffix."""
        if self.img_id:
            return self.img_id
        parts = PurePosixPath(self.path).with_suffix('').parts
        if _IMAGES not in parts:
            return parts[-1]
        return '/'.join(parts[len(parts) - parts[::-1].index(_IMAGES) :])

    @classmethod
    def from_data_sample(cls, sample: Mapping, num_classes: int) -> ImageRecord:
        """Check a data sample of mmdet and take what the metrics need.

        Args:
            sample: Holds ``pred_instances`` (``bboxes``, ``scores``,
                ``labels``), ``gt_instances`` (``bboxes``, ``labels``) and
                perhaps ``ignored_instances`` (as ``gt_instances``), with
                tensors, box structures or arrays as values; ``img_path``,
                ``ori_shape`` (height, width) and ``img_id`` where they are
                known. An id that is a number, as in sets of COCO, is none.
            num_classes: Labels run from 0 to ``num_classes - 1``, and those
                of the ground truth to ``num_classes``.

        Raises:
            InputError: A part is missing, lengths differ, a score is not
                finite, a box holds NaN, a ground truth box ends before it
                begins, or a label is out of range.
        """
        name = sample.get('img_path') or f'image {sample.get("img_id", "?")}'
        predicted = _part(sample, 'pred_instances', name, _PREDICTED)
        boxes, labels = _boxes_and_labels(
            predicted, num_classes, f'detection in {name}', _PREDICTED
        )
        if 'scores' not in predicted:
            raise InputError(
                f'The detections in {name} lack scores; {_PREDICTED}.'
            )
        scores = _to_array(predicted['scores'], np.float64)
        if scores.shape != labels.shape:
            raise InputError(
                f'The detections in {name} are {len(labels)} boxes but '
                f'{scores.size} scores; give one score a box.'
            )
        if not np.isfinite(scores).all():
            raise InputError(
                f'A detection in {name} has a score that is NaN or infinite; '
                'training has probably diverged: lower the learning rate.'
            )

        parts = [_part(sample, 'gt_instances', name, _ANNOTATED)]
        # Annotations without flags leave this part out, or leave it empty.
        ignored = sample.get('ignored_instances')
        if ignored is not None and 'bboxes' in ignored:
            parts.append(ignored)
        truths = [_ground_truth(part, num_classes, name) for part in parts]
        gt_boxes, gt_labels = map(np.concatenate, zip(*truths, strict=True))
        gt_ignored = np.arange(len(gt_labels)) >= len(truths[0][1])
        height, width = sample.get('ori_shape', (0, 0))[:2]
        img_id = sample.get('img_id')
        return cls(
            *(boxes, scores, labels, gt_boxes, gt_labels, gt_ignored),
            *(sample.get('img_path') or '', width, height),
            img_id if isinstance(img_id, str) else '',
        )


_R = TypeVar('_R', bound='_Rows')


class _Rows:
    """Arrays with one row a box."""

    def where(self: _R, mask: np.ndarray) -> _R:
        """The rows where ``mask``, (N,) bool, is true; or those numbered."""
        return type(self)(*(getattr(self, f.name)[mask] for f in fields(self)))


@dataclass(frozen=True)
class Detections(_Rows):
    """The detections of many images.

    Attributes:
        boxes: (D, 4) float64.
        scores: (D,) float64.
        labels: (D,) int64.
        images: Index of the image that each row belongs to, (D,) int64.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    images: np.ndarray

    @classmethod
    def from_records(cls, records: Sequence[ImageRecord]) -> Detections:
        """Lay the detections of all records end to end."""
        nothing = np.empty((0, 4)), np.empty(0), np.empty(0, np.int64)
        rows = [(r.boxes, r.scores, r.labels) for r in records]
        return cls(*_end_to_end(nothing, rows))


@dataclass(frozen=True)
class GroundTruths(_Rows):
    """The annotated objects of many images.

    Attributes:
        boxes: (G, 4) float64.
        labels: (G,) int64.
        ignored: (G,) bool, see :class:`ImageRecord`.
        images: Index of the image that each row belongs to, (G,) int64.
    """

    boxes: np.ndarray
    labels: np.ndarray
    ignored: np.ndarray
    images: np.ndarray

    @classmethod
    def from_records(cls, records: Sequence[ImageRecord]) -> GroundTruths:
        """Lay the ground truth of all records end to end."""
        nothing = np.empty((0, 4)), np.empty(0, np.int64), np.empty(0, bool)
        rows = [(r.gt_boxes, r.gt_labels, r.gt_ignored) for r in records]
        return cls(*_end_to_end(nothing, rows))


def _end_to_end(
    nothing: tuple[np.ndarray, ...], images: list[tuple[np.ndarray, ...]]
) -> list[np.ndarray]:
    """Each column of all images, and the index of each row's image."""
    counts = np.array([len(first) for first, *_ in images], np.int64)
    columns = map(np.concatenate, zip(nothing, *images, strict=True))
    return [*columns, np.repeat(np.arange(len(images)), counts)]


def _part(sample: Mapping, key: str, name: str, remedy: str) -> Mapping:
    if sample.get(key) is None:
        raise InputError(f'The data sample of {name} lacks {key}; {remedy}.')
    return sample[key]


def _ground_truth(
    instances: Mapping, num_classes: int, name: str
) -> tuple[np.ndarray, np.ndarray]:
    boxes, labels = _boxes_and_labels(
        instances, num_classes + 1, f'ground truth of {name}', _ANNOTATED
    )
    if (boxes[:, 2:] < boxes[:, :2]).any():
        raise InputError(
            f'A ground truth box of {name} ends before it begins; write it '
            'as x1, y1, x2, y2 in the annotation.'
        )
    return boxes, labels


def _boxes_and_labels(
    instances: Mapping, num_labels: int, what: str, remedy: str
) -> tuple[np.ndarray, np.ndarray]:
    """Checked boxes (N, 4) and labels (N,) of some instances."""
    if 'bboxes' not in instances or 'labels' not in instances:
        raise InputError(f'The {what} lacks boxes or labels; {remedy}.')
    labels = _to_array(instances['labels'], np.int64)
    boxes = _to_array(instances['bboxes'], np.float64)
    if not boxes.size:
        boxes = boxes.reshape(0, 4)
    if labels.ndim != 1 or boxes.shape != (len(labels), 4):
        raise InputError(
            f'The {what} has boxes of shape {boxes.shape} and labels of shape '
            f'{labels.shape}; give x1, y1, x2, y2 and one label a box.'
        )
    if np.isnan(boxes).any():
        raise InputError(
            f'A box in the {what} holds NaN; mend the annotation, or lower '
            'the learning rate if training has diverged.'
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < num_labels:
        raise InputError(
            f'A label in the {what} is outside 0 to {num_labels - 1}; give '
            'the detector and the data set the same classes.'
        )
    return boxes.clip(-_FAR_OUTSIDE, _FAR_OUTSIDE), labels


def _to_array(values, dtype) -> np.ndarray:
    """A tensor, a box structure or an array as a NumPy array."""
    values = getattr(values, 'tensor', values)  # mmdet's box structures
    if isinstance(values, torch.Tensor):
        # bfloat16 has no NumPy counterpart; float64 holds every value.
        values = values.detach().to('cpu', torch.float64).numpy()
    return np.asarray(values).astype(dtype)
