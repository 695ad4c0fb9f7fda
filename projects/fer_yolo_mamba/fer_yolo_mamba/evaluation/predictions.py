"""What a detector said about a whole test split, and its file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from ..errors import InputError
from ..files import write_atomically
from .image_record import ImageRecord

_IMAGES = 'JPEGImages'


@dataclass(frozen=True)
class ImagePredictions:
    """The record of one image, and where its pixels are.

    Attributes:
        path: The image file, as the data set named it.
        width: Of the original image, in pixels.
        height: Likewise.
        record: Detections and ground truth.
    """

    path: str
    width: int
    height: int
    record: ImageRecord

    @property
    def image_id(self) -> str:
        """Its line in a split file: the path below JPEGImages, no suffix."""
        parts = PurePosixPath(self.path).with_suffix('').parts
        if _IMAGES not in parts:
            return parts[-1]
        return '/'.join(parts[len(parts) - parts[::-1].index(_IMAGES) :])


@dataclass(frozen=True)
class Predictions:
    """Detections and ground truth of all images of a test.

    Example::

        predictions = Predictions.read('work_dirs/demo/predictions.json')
        report = DetectionReport.from_records(
            predictions.records, predictions.class_names)

    The file is JSON with one image a line: ``classes`` and ``images``; an
    image has ``path``, ``width``, ``height``, ``detections`` (``bbox`` as
    x1, y1, x2, y2 in pixels of the original image, ``score``, ``label``),
    ``ground_truth`` (``bbox``, ``label``) and likewise ``ignored``, objects
    that need not be found, which may be left out. Labels are class names.
    Every number is written in full, so figures from the file are those of
    the test to the last digit.

    Attributes:
        class_names: In the order of the labels.
        images: In the order of the data set.
    """

    class_names: tuple[str, ...]
    images: tuple[ImagePredictions, ...]

    @property
    def records(self) -> list[ImageRecord]:
        """What the metrics take."""
        return [image.record for image in self.images]

    @classmethod
    def read(cls, path: str | Path) -> Predictions:
        """Read what :meth:`write` wrote.

        Raises:
            InputError: The file is missing or holds something else, or
                nothing.
        """
        try:
            with open(path, encoding='utf-8') as file:
                # Each image shrinks to arrays as soon as it is parsed.
                content = json.load(file, object_hook=_shrink)
            names = tuple(content['classes'])
            labels = {name: label for label, name in enumerate(names)}
            images = tuple(
                _parsed(image, labels) for image in content['images']
            )
        except OSError as error:
            raise InputError(
                f'{path} cannot be read ({error.strerror or error}): name the '
                'predictions.json of a test.'
            ) from None
        except InputError as error:
            raise InputError(f'{path}: {error}') from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f'{path} holds no predictions ({type(error).__name__}: '
                f'{error}): write it anew with tools/test.py.'
            ) from None
        if not images or not names:
            raise InputError(
                f'{path} holds no image or no class: write it anew with '
                'tools/test.py.'
            )
        return cls(names, images)

    def write(self, path: str | Path) -> None:
        """Write all images as JSON."""
        lines = ',\n'.join(
            json.dumps(_plain(image, self.class_names)) for image in self.images
        )
        names = json.dumps(list(self.class_names))
        write_atomically(
            path, f'{{"classes": {names}, "images": [\n{lines}\n]}}\n'
        )


@dataclass(frozen=True)
class _Shrunk:
    """An image of the file, its labels still names."""

    path: str
    width: int
    height: int
    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    gt_boxes: np.ndarray
    gt_labels: np.ndarray
    ignored_boxes: np.ndarray
    ignored_labels: np.ndarray


def _shrink(part: dict) -> dict | _Shrunk:
    if 'detections' not in part:
        return part
    found, truth = part['detections'], part['ground_truth']
    ignored = part.get('ignored', [])
    return _Shrunk(
        path=part['path'],
        width=part['width'],
        height=part['height'],
        boxes=_boxes(found),
        scores=np.array([d['score'] for d in found], float),
        labels=_names(found),
        gt_boxes=_boxes(truth),
        gt_labels=_names(truth),
        ignored_boxes=_boxes(ignored),
        ignored_labels=_names(ignored),
    )


def _boxes(instances: list[dict]) -> np.ndarray:
    return np.array([i['bbox'] for i in instances], float)


def _names(instances: list[dict]) -> np.ndarray:
    return np.array([i['label'] for i in instances], str)


def _parsed(image: _Shrunk, labels: Mapping[str, int]) -> ImagePredictions:
    label_of = np.vectorize(labels.__getitem__, otypes=[np.int64])
    sample = dict(
        img_path=image.path,
        pred_instances=dict(
            bboxes=image.boxes,
            scores=image.scores,
            labels=label_of(image.labels),
        ),
        gt_instances=dict(
            bboxes=image.gt_boxes, labels=label_of(image.gt_labels)
        ),
        ignored_instances=dict(
            bboxes=image.ignored_boxes, labels=label_of(image.ignored_labels)
        ),
    )
    return ImagePredictions(
        image.path,
        image.width,
        image.height,
        ImageRecord.from_data_sample(sample, len(labels)),
    )


def _plain(image: ImagePredictions, names: Sequence[str]) -> dict:
    record = image.record
    detections = _instances(record.boxes, record.labels, names)
    for detection, score in zip(
        detections, record.scores.tolist(), strict=True
    ):
        detection['score'] = score
    truth, ignored = (
        _instances(record.gt_boxes[part], record.gt_labels[part], names)
        for part in (~record.gt_ignored, record.gt_ignored)
    )
    return dict(
        path=image.path,
        width=image.width,
        height=image.height,
        detections=detections,
        ground_truth=truth,
        ignored=ignored,
    )


def _instances(
    boxes: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> list[dict]:
    return [
        dict(bbox=box, label=names[label])
        for box, label in zip(boxes.tolist(), labels.tolist(), strict=True)
    ]
