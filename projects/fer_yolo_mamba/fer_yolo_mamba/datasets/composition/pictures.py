"""A picture with its faces, where pictures come from, and sets in memory."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar
from weakref import WeakValueDictionary

import cv2
import numpy as np
from mmyolo.registry import DATASETS

from ...errors import InputError
from ..fer_voc_dataset import FERVOCDataset
from ..voc_image_reader import decode_set_image

Kind = TypeVar('Kind')


class Picture(NamedTuple):
    """A picture and its faces.

    Attributes:
        image: BGR (H, W, 3), uint8.
        boxes: (N, 4) x1, y1, x2, y2 in pixels, float32.
        labels: (N,) class indices, int64; the number of classes for a face
            whose expression is not known.
    """

    image: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray


class PictureSource(Protocol):
    """Draws pictures of any size.

    Attributes:
        metainfo: Holds `classes`, as that of a data set.
        label_names: Names of all labels, see `FERVOCDataset`.
    """

    metainfo: dict
    label_names: tuple[str, ...]

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Picture:
        """Draws one picture of (width, height) pixels."""


class PictureSet:
    """The pictures of a data set, decoded and kept.

    Args:
        dataset: Config of a `FERVOCDataset`, without a pipeline.
        max_side: Larger pictures are kept with a longer side of so many
            pixels.

    Attributes:
        pictures: In the order of the set.
        paths: Of the pictures' annotations.
        metainfo: Of the set, and so are its `label_names`.

    Raises:
        InputError: The set is at fault, or an image of it.
    """

    def __init__(self, dataset: dict, max_side: int) -> None:
        built = build_set(dataset)
        self.metainfo, self.label_names = built.metainfo, built.label_names
        self.pictures, self.paths = [], []
        for index in range(len(built)):
            info = built.get_data_info(index)
            image = decode_set_image(info['img_path'])
            picture = Picture(image, *faces_of(info))
            self.pictures.append(_at_most(picture, max_side))
            self.paths.append(info['xml_path'])


def build_set(config: dict) -> FERVOCDataset:
    """Builds the data set of a config, which has no pipeline."""
    return DATASETS.build(dict(config, pipeline=[]))


def faces_of(info: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 4) and labels (N,) of what `get_data_info` returned."""
    faces = info['instances']
    boxes = np.array([face['bbox'] for face in faces], np.float32)
    labels = np.array([face['bbox_label'] for face in faces], np.int64)
    return boxes.reshape(-1, 4), labels


def shared(kind: type[Kind], **settings) -> Kind:
    """Makes an object of its settings, once for all who use the same.

    It is let go of with its last user.

    Args:
        kind: A class whose objects nobody changes.
        **settings: Its arguments, such as JSON can hold.
    """
    key = f'{kind.__qualname__} {json.dumps(settings, sort_keys=True)}'
    found = _IN_USE.get(key)
    if found is None:
        found = _IN_USE[key] = kind(**settings)
    return found


_IN_USE: WeakValueDictionary[str, object] = WeakValueDictionary()


def chances(weights: Sequence[float]) -> np.ndarray:
    """What `draw_index` draws by: parts (N,) of the sum, added up."""
    total = np.cumsum(weights)
    return total / total[-1]


def draw_index(chances: np.ndarray, rng: np.random.Generator) -> int:
    """Draws an index in proportion to its weight."""
    return int(np.searchsorted(chances, rng.random(), side='right'))


def require_same_classes(sets: Iterable[PictureSource], where: str) -> None:
    """Compares the classes of what is to be mixed.

    Raises:
        InputError: They are not the same.
    """
    first, *others = (part.metainfo['classes'] for part in sets)
    for classes in others:
        if classes != first:
            raise InputError(
                f'{where}: one set has the classes {", ".join(first)}, '
                f'another {", ".join(classes)}; give all the same'
            )


def _at_most(picture: Picture, max_side: int) -> Picture:
    image, boxes, labels = picture
    height, width = image.shape[:2]
    scale = max_side / max(width, height)
    if scale >= 1:
        return picture
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    # In place, so that they stay float32 to the last bit.
    boxes *= np.tile(np.array(size) / (width, height), 2)
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return Picture(image, boxes, labels)
