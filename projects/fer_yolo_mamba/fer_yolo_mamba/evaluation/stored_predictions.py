"""Reads back what :class:`PredictionDump` wrote."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from ..errors import InputError
from .image_record import ImageRecord

_REMEDY = 'give a file that tools/test.py --out wrote'


@dataclass(frozen=True)
class StoredPredictions:
    """The detections and the ground truth of a test, read from its dump.

    Example::

        predictions = StoredPredictions.read('predictions.json')
        report = DetectionReport.from_records(
            predictions.records, predictions.class_names)

    The figures are those of the test itself, as long as its data set ignores
    no difficult faces: a dump does not hold those.

    Attributes:
        path: The file.
        class_names: In the order of the labels.
        image_paths: One an image, in alphabetical order, as the test saw it.
        records: One an image, in the same order.
    """

    path: Path
    class_names: tuple[str, ...]
    image_paths: tuple[str, ...]
    records: tuple[ImageRecord, ...]

    @classmethod
    def read(cls, path: str | os.PathLike) -> StoredPredictions:
        """Reads and checks a dump.

        Args:
            path: The JSON file; see :class:`PredictionDump`.

        Raises:
            InputError: The file is missing or no such dump, holds no image
                or one image twice, or a box, score or label in it makes no
                sense.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text(encoding='utf-8'))
        except OSError as error:
            raise InputError(
                f'{path}: cannot be read ({error.strerror}); {_REMEDY}.'
            ) from None
        except ValueError as error:
            raise InputError(
                f'{path}: is not JSON ({error}); {_REMEDY}.'
            ) from None
        try:
            class_names = tuple(content['classes'])
            labels = {name: n for n, name in enumerate(class_names)}
            records = {
                image['path']: _record(image, labels)
                for image in content['images']
            }
        except InputError as error:
            raise InputError(f'{path}: {error}') from None
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f'{path}: is not a dump of predictions '
                f'({type(error).__name__}: {error}); {_REMEDY}.'
            ) from None
        if not records or not class_names:
            raise InputError(f'{path}: holds no image or class; {_REMEDY}.')
        if len(records) < len(content['images']):
            paths = Counter(image['path'] for image in content['images'])
            raise InputError(
                f'{path}: holds {paths.most_common(1)[0][0]} more than once; '
                'take the image out of its split and test again.'
            )
        image_paths = tuple(sorted(records))
        return cls(
            path,
            class_names,
            image_paths,
            tuple(records[image] for image in image_paths),
        )

    def require_same_faces(self, other: StoredPredictions) -> None:
        """Refuses a dump that cannot be compared with this one.

        The images may lie in another folder there.

        Raises:
            InputError: Classes, images or ground truth differ.
        """
        remedy = 'test both on the same split of the same annotations.'
        if self.class_names != other.class_names:
            raise InputError(
                f'{other.path} has the classes {", ".join(other.class_names)} '
                f'where {self.path} has {", ".join(self.class_names)}; '
                f'{remedy}'
            )
        names = [_below_common_folder(p.image_paths) for p in (self, other)]
        if names[0] != names[1]:
            counts = [len(set(here)) for here in names]
            shared = len(set(names[0]) & set(names[1]))
            raise InputError(
                f'{other.path} and {self.path} hold different images '
                f'({counts[1]} and {counts[0]}, {shared} in both); {remedy}'
            )
        for image, mine, theirs in zip(
            self.image_paths, self.records, other.records, strict=True
        ):
            if not np.array_equal(_faces(mine), _faces(theirs)):
                raise InputError(
                    f'{other.path} and {self.path} hold different ground '
                    f'truth for {image}; {remedy}'
                )


def _record(image: Mapping, labels: Mapping[str, int]) -> ImageRecord:
    detections = _instances(image['detections'], labels)
    detections['scores'] = [d['score'] for d in image['detections']]
    return ImageRecord.from_data_sample(
        dict(
            img_path=image['path'],
            pred_instances=detections,
            gt_instances=_instances(image['ground_truth'], labels),
        ),
        len(labels),
    )


def _instances(rows: Sequence[Mapping], labels: Mapping[str, int]) -> dict:
    return dict(
        bboxes=[row['bbox'] for row in rows],
        labels=[labels[row['label']] for row in rows],
    )


def _below_common_folder(paths: Sequence[str]) -> list[tuple[str, ...]]:
    """Paths, as their parts, without the folders that all have in common."""
    parts = [PurePosixPath(path).parts for path in paths]
    depth = 0
    for folders in zip(*(path[:-1] for path in parts), strict=False):
        if len(set(folders)) > 1:
            break
        depth += 1
    return [path[depth:] for path in parts]


def _faces(record: ImageRecord) -> np.ndarray:
    """Ground truth boxes and labels, (G, 5), in an order of their own."""
    faces = np.column_stack([record.gt_boxes, record.gt_labels])
    return faces[np.lexsort(faces.T)]
