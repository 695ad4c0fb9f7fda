"""The part of a test that concerns one group of faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..image_record import ImageRecord


def records_of_group(
    records: Sequence[ImageRecord],
    members: Sequence[np.ndarray],
    num_classes: int,
) -> list[ImageRecord]:
    """Leaves to each image what concerns the faces of a group.

    The figures of a group look at the images that show one of its faces.
    There the other faces are ignored: a detection of one of them, of
    whatever class, is neither right nor wrong. What is detected beside all
    faces counts as false, for each group that the image shows. (Design
    decision; in sets with one face an image it is just the images of the
    group.)

    Args:
        records: N images.
        members: For each image, which of its faces are in the group, (G,)
            bool.
        num_classes: Labels run from 0 to ``num_classes - 1``.

    Returns:
        N records; an image without a face of the group has nothing in it.
    """
    return [
        _of_group(record, member, num_classes)
        for record, member in zip(records, members, strict=True)
    ]


def _of_group(
    record: ImageRecord, member: np.ndarray, num_classes: int
) -> ImageRecord:
    if not member.any():
        nothing, none = np.zeros(len(record.scores), bool), member
        return _selected(record, nothing, none)
    others = record.gt_boxes[~member]
    own = _selected(record, np.ones(len(record.scores), bool), member)
    return ImageRecord(
        own.boxes,
        own.scores,
        own.labels,
        # Matching goes class by class, and any class may name them.
        gt_boxes=np.concatenate([own.gt_boxes, *[others] * num_classes]),
        gt_labels=np.concatenate(
            [own.gt_labels, np.repeat(np.arange(num_classes), len(others))]
        ),
        gt_ignored=np.concatenate(
            [own.gt_ignored, np.ones(num_classes * len(others), bool)]
        ),
    )


def _selected(
    record: ImageRecord, detections: np.ndarray, faces: np.ndarray
) -> ImageRecord:
    return ImageRecord(
        record.boxes[detections],
        record.scores[detections],
        record.labels[detections],
        record.gt_boxes[faces],
        record.gt_labels[faces],
        record.gt_ignored[faces],
    )
