"""Two tests of the same images, image by image."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from ..errors import InputError
from .image_record import ImageRecord
from .predictions import ImagePredictions, Predictions

_REMEDY = 'test both on the same split of the same annotations.'


def pair_predictions(
    first: Predictions, second: Predictions
) -> tuple[Predictions, Predictions]:
    """Puts the images of a test into the order of another's.

    Their folders may lie in different places.

    Args:
        first: A test.
        second: Another one.

    Returns:
        The first as it is, and the second with its images in the same order.

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
    for name, image in here.items():
        mine, theirs = _faces(image.record), _faces(there[name].record)
        if not np.array_equal(mine, theirs):
            raise InputError(
                f'The tests hold different ground truth for {image.path}; '
                f'{_REMEDY}'
            )
    return first, replace(second, images=tuple(there[name] for name in here))


def _by_name(
    predictions: Predictions,
) -> dict[tuple[str, ...], ImagePredictions]:
    paths = [image.path for image in predictions.images]
    path, times = Counter(paths).most_common(1)[0]
    if times > 1:
        raise InputError(
            f'{path} is in a test more than once; take it out of its split '
            'and test again.'
        )
    names = _below_common_folder(paths)
    return dict(zip(names, predictions.images, strict=True))


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
    """Boxes, labels, ignored or not, (G, 6), in an order of their own."""
    faces = np.column_stack(
        [record.gt_boxes, record.gt_labels, record.gt_ignored]
    )
    return faces[np.lexsort(faces.T)]
