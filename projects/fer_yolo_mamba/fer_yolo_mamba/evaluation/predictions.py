"""What a detector said about a whole test split, and its file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from ..errors import InputError
from ..expressions import check_classes
from ..files import write_atomically
from ..inputs import MOST_PREDICTIONS, parse_json, quoted, read_bounded, shown
from .records import ImageRecord

_REMEDY = 'test both on the same split of the same annotations.'


@dataclass(frozen=True)
class Predictions:
    """Detections and ground truth of all images of a test.

    Example::

        predictions = Predictions.read('work_dirs/demo/predictions.json')
        report = DetectionReport.of(MatchedClasses.of(predictions))

    The file is JSON with one image a line: ``classes`` and ``images``; an
    image has ``path``, ``id`` (its line in the split), ``width``, ``height``
    (0 if unknown), ``detections`` (``bbox`` as x1, y1, x2, y2 in pixels of
    the original image, ``score``, ``label``), ``ground_truth`` (``bbox``,
    ``label``) and likewise ``ignored``, objects that need not be found. The
    id and these may be left out. Labels are class names, null for a face
    whose expression is not known.
    Every number is written in full, so figures from the file are those of
    the test to the last digit.

    Attributes:
        class_names: In the order of the labels.
        images: In the order of the data set.
    """

    class_names: tuple[str, ...]
    images: tuple[ImageRecord, ...]

    @classmethod
    def read(cls, path: str | Path) -> Predictions:
        """Read what :meth:`write` wrote.

        Raises:
            InputError: The file is missing or holds something else, or
                nothing.
        """
        try:
            # Each image shrinks to arrays as soon as it is parsed.
            content = parse_json(
                read_bounded(path, MOST_PREDICTIONS).decode(),
                object_hook=_shrink,
            )
            names = check_classes(content['classes'])
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
        except (
            ArithmeticError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:
            raise InputError(
                f'{path} holds no predictions ({type(error).__name__}: '
                f'{shown([str(error)])}): write it anew with tools/test.py.'
            ) from None
        if not images:
            raise InputError(
                f'{path} holds no image: write it anew with tools/test.py.'
            )
        return cls(names, images)

    def write(self, path: str | Path) -> None:
        """Write all images as JSON."""
        lines = ',\n'.join(
            json.dumps(_plain(image, self.class_names), separators=(',', ':'))
            for image in self.images
        )
        names = json.dumps(list(self.class_names))
        write_atomically(
            path, f'{{"classes": {names}, "images": [\n{lines}\n]}}\n'
        )


def pair_predictions(
    first: Predictions, second: Predictions
) -> tuple[Predictions, Predictions]:
    """Puts the images and faces of a test into the order of another's.

    Their folders may lie in different places.

    Args:
        first: A test.
        second: Another one.

    Returns:
        The first as it is, and the second with its images, and the ground
        truth of each, in the same order.

    Raises:
        InputError: Classes, images or ground truth differ, or an image
            occurs more than once.
    """
    if first.class_names != second.class_names:
        raise InputError(
            f'The first test has the classes {", ".join(first.class_names)}, '
            f'the second {", ".join(second.class_names)}; {_REMEDY}'
        )
    here, there = map(_by_name, (first, second))
    if here.keys() != there.keys():
        raise InputError(
            f'The tests hold different images ({len(here)} and {len(there)}, '
            f'{len(here.keys() & there.keys())} in both); {_REMEDY}'
        )
    images = []
    for name, image in here.items():
        if not np.array_equal(_faces(image), _faces(there[name])):
            raise InputError(
                f'The tests hold different ground truth for {image.path}; '
                f'{_REMEDY}'
            )
        # The same faces, so the first's rows are the second's in its order.
        images.append(
            replace(
                there[name],
                gt_boxes=image.gt_boxes,
                gt_labels=image.gt_labels,
                gt_ignored=image.gt_ignored,
            )
        )
    return first, replace(second, images=tuple(images))


def _by_name(predictions: Predictions) -> dict[tuple[str, ...], ImageRecord]:
    """The images by the parts of their paths below the folders of all."""
    paths = [image.path for image in predictions.images]
    path, times = Counter(paths).most_common(1)[0]
    if times > 1:
        raise InputError(
            f'{path} is in a test more than once; take it out of its split '
            'and test again.'
        )
    parts = [PurePosixPath(path).parts for path in paths]
    depth = 0
    for folders in zip(*(path[:-1] for path in parts), strict=False):
        if len(set(folders)) > 1:
            break
        depth += 1
    names = [path[depth:] for path in parts]
    return dict(zip(names, predictions.images, strict=True))


def _faces(record: ImageRecord) -> np.ndarray:
    """Boxes, labels, ignored or not, (G, 6), in an order of their own."""
    faces = np.column_stack(
        [record.gt_boxes, record.gt_labels, record.gt_ignored]
    )
    return faces[np.lexsort(faces.T)]


def _shrink(part: dict) -> dict:
    """An image of the file as a data sample, its labels still names."""
    if 'detections' not in part:
        return part
    found, path = part['detections'], str(part['path'])
    img_id = str(part.get('id') or '')
    width, height = int(part['width']), int(part['height'])
    if not PurePosixPath(path).name or '\0' in path + img_id:
        raise InputError(
            f'an image has the path {quoted(path)} and the id '
            f'{quoted(img_id)}: name its file.'
        )
    if min(width, height) < 0:
        raise InputError(
            f'{shown([path])} has {width}x{height} pixels: write 0 where its '
            'size is not known.'
        )
    return dict(
        img_path=path,
        img_id=img_id,
        ori_shape=(height, width),
        pred_instances=dict(
            _arrays(found), scores=np.array([d['score'] for d in found], float)
        ),
        gt_instances=_arrays(part['ground_truth']),
        ignored_instances=_arrays(part.get('ignored', [])),
    )


def _arrays(instances: list[dict]) -> dict[str, np.ndarray]:
    return dict(
        bboxes=np.array([i['bbox'] for i in instances], float),
        # As objects: an array of texts has room for the longest in each place.
        labels=np.array([i['label'] or '' for i in instances], object),
    )


def _parsed(sample: dict, labels: Mapping[str, int]) -> ImageRecord:
    labels = {**labels, '': len(labels)}
    label_of = np.vectorize(labels.__getitem__, otypes=[np.int64])
    for part in ('pred_instances', 'gt_instances', 'ignored_instances'):
        sample[part]['labels'] = label_of(sample[part]['labels'])
    return ImageRecord.from_data_sample(sample, len(labels) - 1)


def _plain(image: ImageRecord, names: Sequence[str]) -> dict:
    detections = _instances(image.boxes, image.labels, names)
    for detection, score in zip(detections, image.scores.tolist(), strict=True):
        detection['score'] = score
    truth, ignored = (
        _instances(image.gt_boxes[part], image.gt_labels[part], names)
        for part in (~image.gt_ignored, image.gt_ignored)
    )
    return dict(
        path=image.path,
        id=image.img_id,
        width=image.width,
        height=image.height,
        detections=detections,
        ground_truth=truth,
        ignored=ignored,
    )


def _instances(
    boxes: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> list[dict]:
    names = (*names, None)
    return [
        dict(bbox=box, label=names[label])
        for box, label in zip(boxes.tolist(), labels.tolist(), strict=True)
    ]
