"""Pictures taken from photographs, each time another part and size."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from mmyolo.registry import DATASETS

from ...errors import InputError
from .face_crops import FaceCrops
from .pasting import (
    face_mask,
    paste_face,
    random_angle,
    shrink,
    turn_matrix,
    turned_box,
)
from .pictures import (
    Picture,
    PictureSet,
    chances,
    draw_index,
    require_same_classes,
    shared,
)

# Grey around a photograph, as YOLOX has it.
_GREY = (114, 114, 114)
# The least height in pixels of a face that a crop replaces.
_LEAST_SWAPPED = 18
# The least part of a face that must be in the picture for it to count.
_LEAST_SEEN = 0.4


@DATASETS.register_module()
class Photographs:
    """Photographs of a set in VOC layout, each time another part and size.

    A photograph with faces is turned and scaled about one of them, drawn by
    lot, so that this one has a size between the bounds; one without is a
    backdrop, and fills the picture.

    Args:
        dataset: Config of a `FERVOCDataset`, without a pipeline. Difficult
            faces are ordinary ones here.
        face_size: Smallest and largest height that a face, drawn by lot, is
            brought to, in pixels; the largest is also bounded by the picture.
        rarity: How much more often photographs with rare classes are drawn: a
            photograph's weight is the largest ``count ** -rarity`` of its
            faces, count being the faces of a class. One without any is drawn
            as often as those of the commonest class.
        swap: Share of the faces that a crop replaces, with the crop's label;
            those lower than 18 pixels stay.
        crops: Arguments of `FaceCrops`, for `swap`.
        max_side: Photographs are kept in memory, their longer side at most so
            many pixels.

    Attributes:
        paths_with_faces: Annotations of the photographs with faces.

    Raises:
        InputError: `swap` is no share or lacks crops, or their classes are
            others; or see `FERVOCDataset`.
    """

    def __init__(
        self,
        dataset: dict,
        face_size: tuple[float, float] = (20, 300),
        rarity: float = 0.0,
        swap: float = 0.0,
        crops: dict | None = None,
        max_side: int = 480,
    ) -> None:
        if not 0 <= swap <= 1 or (swap and crops is None):
            raise InputError(
                f'swap is {swap}; choose a share from 0 to 1, and name the '
                'crops that replace faces'
            )
        self.face_size = face_size
        self.swap = swap
        self._set = shared(PictureSet, dataset=dataset, max_side=max_side)
        self.metainfo = self._set.metainfo
        self.label_names = self._set.label_names
        self.crops = shared(FaceCrops, **crops) if crops else None
        if self.crops:
            require_same_classes((self, self.crops), 'Photographs')
        self.paths_with_faces = [
            path
            for path, picture in zip(
                self._set.paths, self._set.pictures, strict=True
            )
            if len(picture.boxes)
        ]
        self._chances = chances(
            _weights(
                [picture.labels for picture in self._set.pictures],
                rarity,
                len(self.metainfo['classes']),
            )
        )

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Picture:
        """See `PictureSource`."""
        photograph = self._set.pictures[draw_index(self._chances, rng)]
        if rng.random() < 0.5:
            photograph = _mirrored(photograph)
        view = self._choose_view(photograph, rng, size)
        image, upright = _taken(photograph, view, rng, size)
        seen = _seen(upright, view.angle, size)
        upright, labels = upright[seen], photograph.labels[seen]
        boxes = np.array(
            [turned_box(box, view.angle, size) for box in upright], np.float32
        ).reshape(-1, 4)
        for index, box in enumerate(boxes):
            if box[3] - box[1] < _LEAST_SWAPPED or rng.random() >= self.swap:
                continue
            crop, face, labels[index] = self.crops.draw(rng)
            mask = face_mask(rng, face / np.tile(crop.shape[1::-1], 2))
            boxes[index] = paste_face(
                image,
                crop,
                face,
                upright[index],
                view.angle + rng.normal(0, 4),
                rng,
                mask=mask,
                keep_colour=rng.random() < 0.8,
            )
        return Picture(image, boxes, labels)

    def _choose_view(
        self,
        photograph: Picture,
        rng: np.random.Generator,
        size: tuple[int, int],
    ) -> '_View':
        image, boxes, _ = photograph
        height, width = image.shape[:2]
        middle = np.array(size) / 2
        if len(boxes):
            angle = random_angle(rng, 8)
            box = boxes[rng.integers(len(boxes))]
            low, high = self.face_size
            high = min(high, 0.95 * min(size))
            low = min(low, high)
            wanted = np.exp(rng.uniform(np.log(low), np.log(high)))
            scale = wanted / (box[3] - box[1])
            # No sea of grey around a small picture, no endless magnification.
            scale = np.clip(scale, 0.35 * min(size) / max(width, height), 4)
            anchor = (box[:2] + box[2:]) / 2
            reach = np.maximum(middle - 0.4 * wanted, 1)
        else:
            angle = 0.0
            scale = max(size[0] / width, size[1] / height)
            scale *= np.exp(rng.uniform(0, 0.8))
            anchor = np.array([width, height]) / 2
            reach = np.maximum(anchor * 2 * scale - size, 0) / 2
        place = middle + rng.uniform(-reach, reach)
        stretch = scale * np.exp(rng.uniform(-0.06, 0.06, 2))
        return _View(anchor, place, scale, stretch, angle)


class _View(NamedTuple):
    """Which part of a photograph to take.

    Attributes:
        anchor: A point (x, y) of the photograph, and
        place: where it comes to lie, in pixels.
        scale: Of the photograph.
        stretch: The scale of each side of a face: nearly the same.
        angle: In degrees, clockwise.
    """

    anchor: np.ndarray
    place: np.ndarray
    scale: float
    stretch: np.ndarray
    angle: float


def _taken(
    photograph: Picture,
    view: _View,
    rng: np.random.Generator,
    size: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Takes a view of a photograph.

    Returns:
        The picture, of (width, height) pixels, and the faces' boxes (N, 4) if
        the heads were upright: only their middles are turned.
    """
    image, boxes, _ = photograph
    image, shrunk = shrink(image, view.scale)
    linear = turn_matrix(view.angle) * (view.stretch / shrunk)
    shift = view.place - linear @ (view.anchor * shrunk)
    # Pixel i has its middle at i + 0.5 in these boxes, at i in OpenCV.
    shift_of_pixels = shift + linear @ (0.5, 0.5) - 0.5
    border = cv2.BORDER_REFLECT_101
    if len(boxes):  # no face may appear twice
        border = (cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE)[rng.integers(2)]
    image = cv2.warpAffine(
        image,
        np.hstack([linear, shift_of_pixels[:, None]]),
        size,
        flags=(cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(2)],
        borderMode=border,
        borderValue=_GREY,
    )
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2 * shrunk
    middles = middles @ linear.T + shift
    halves = (boxes[:, 2:] - boxes[:, :2]) / 2 * view.stretch
    return image, np.hstack([middles - halves, middles + halves])


def _seen(
    upright: np.ndarray, angle: float, size: tuple[int, int]
) -> np.ndarray:
    """Which faces are in the picture, with their middles: (N,) bool."""
    seen = np.zeros(len(upright), bool)
    for index, box in enumerate(upright):
        whole = _area(turned_box(box, angle, (1e9, 1e9)))
        part = _area(turned_box(box, angle, size)) / max(whole, 1e-6)
        middle = (box[:2] + box[2:]) / 2
        inside = (middle >= 0).all() and (middle < size).all()
        seen[index] = inside and part >= _LEAST_SEEN
    return seen


def _area(box: np.ndarray) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))


def _mirrored(picture: Picture) -> Picture:
    image, boxes, labels = picture
    boxes = boxes.copy()
    boxes[:, [0, 2]] = image.shape[1] - boxes[:, [2, 0]]
    return Picture(image[:, ::-1], boxes, labels)


def _weights(
    labels: Sequence[np.ndarray], rarity: float, num_classes: int
) -> list[float]:
    """The weight of each photograph, given the labels of its faces."""
    known = [of_one[of_one < num_classes].tolist() for of_one in labels]
    counts = Counter(label for of_one in known for label in of_one)
    commonest = max(counts.values(), default=1) ** -rarity
    return [
        max((counts[label] ** -rarity for label in of_one), default=commonest)
        for of_one in known
    ]
