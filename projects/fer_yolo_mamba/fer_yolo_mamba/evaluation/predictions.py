"""What a detector said about a whole test split, and its file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..atomic_write import write_atomically
from ..errors import InputError
from .image_record import ImageRecord


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


@dataclass(frozen=True)
class Predictions:
    """Detections and ground truth of all images of a test.

    Example::

        predictions = Predictions.read('work_dirs/demo/predictions.json')
        report = DetectionReport.from_records(
            predictions.records, predictions.class_names)

    The file is JSON with one image a line: ``classes`` and ``images``; an
    image has ``path``, ``width``, ``height``, ``detections`` (``bbox`` as
    x1, y1, x2, y2 in pixels of the original image, ``score``, ``label``) and
    ``ground_truth`` (``bbox``, ``label``, ``ignored``); labels are class
    names. Every number is written in full, so figures from the file are
    those of the test to the last digit.

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
            InputError: The file is missing or holds something else.
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
    gt_ignored: np.ndarray


def _shrink(part: dict) -> dict | _Shrunk:
    if 'detections' not in part:
        return part
    found, truth = part['detections'], part['ground_truth']
    return _Shrunk(
        path=part['path'],
        width=part['width'],
        height=part['height'],
        boxes=np.array([d['bbox'] for d in found], float),
        scores=np.array([d['score'] for d in found], float),
        labels=np.array([d['label'] for d in found], str),
        gt_boxes=np.array([t['bbox'] for t in truth], float).reshape(-1, 4),
        gt_labels=np.array([t['label'] for t in truth], str),
        gt_ignored=np.array([t.get('ignored', False) for t in truth], bool),
    )


def _parsed(image: _Shrunk, labels: Mapping[str, int]) -> ImagePredictions:
    truth = np.array([labels[name] for name in image.gt_labels], np.int64)
    ignored = image.gt_ignored
    sample = dict(
        img_path=image.path,
        pred_instances=dict(
            bboxes=image.boxes,
            scores=image.scores,
            labels=np.array([labels[name] for name in image.labels], np.int64),
        ),
        gt_instances=dict(
            bboxes=image.gt_boxes[~ignored], labels=truth[~ignored]
        ),
        ignored_instances=dict(
            bboxes=image.gt_boxes[ignored], labels=truth[ignored]
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
    return dict(
        path=image.path,
        width=image.width,
        height=image.height,
        detections=[
            dict(bbox=box, score=score, label=names[label])
            for box, score, label in zip(
                record.boxes.tolist(),
                record.scores.tolist(),
                record.labels.tolist(),
                strict=True,
            )
        ],
        ground_truth=[
            dict(bbox=box, label=names[label], ignored=ignored)
            for box, label, ignored in zip(
                record.gt_boxes.tolist(),
                record.gt_labels.tolist(),
                record.gt_ignored.tolist(),
                strict=True,
            )
        ],
    )
