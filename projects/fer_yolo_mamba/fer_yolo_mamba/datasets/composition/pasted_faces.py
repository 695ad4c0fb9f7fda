"""Pictures made of face crops on backgrounds."""

import cv2
import numpy as np
from mmyolo.registry import DATASETS

from ...errors import InputError
from .face_crops import FaceCrops
from .pasting import face_mask, paste_face, random_angle
from .photographs import Photographs
from .pictures import Picture, shared

# Of a picture in which `max_faces` have room, in pixels.
_AREA = 320**2


@DATASETS.register_module()
class PastedFaces:
    """Face crops on backgrounds: many labelled faces for one picture's price.

    A face of any size may appear on a photograph, sharp or out of focus, or on
    a plain wall; with hair and shoulders or without, in colours of skin or
    grey, and now and then partly hidden.

    Args:
        crops: Arguments of `FaceCrops`.
        backgrounds: Arguments of `Photographs`, of pictures without faces.
        max_faces: At most so many faces in a picture of 320x320 pixels, fewer
            in a smaller one.
        face_size: Smallest and largest height of a face in pixels; the largest
            is also bounded by the picture.

    Raises:
        InputError: A background has a face; or see `FaceCrops` and
            `Photographs`.
    """

    def __init__(
        self,
        crops: dict,
        backgrounds: dict,
        max_faces: int = 16,
        face_size: tuple[float, float] = (20, 290),
    ) -> None:
        self.crops = shared(FaceCrops, **crops)
        self.backgrounds = Photographs(**backgrounds)
        with_faces = self.backgrounds.paths_with_faces
        if with_faces:
            raise InputError(
                f'{with_faces[0]}: a background must not have faces, and '
                f'{len(with_faces)} of the set have; take them out of the split'
            )
        self.metainfo = self.crops.metainfo
        self.label_names = self.crops.label_names
        self.max_faces = max_faces
        self.face_size = face_size

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Picture:
        """See `PictureSource`."""
        canvas = self._background(rng, size)
        count = 1
        if rng.random() > 0.2:
            most = max(self.max_faces * size[0] * size[1] // _AREA, 2)
            count = int(rng.integers(2, most + 1))
        places = self._places(rng, size, count)
        angles = [random_angle(rng) for _ in places]
        grey = rng.random() < 0.4
        # Hair and shoulders of one person never hide another's face.
        for place, angle in zip(places, angles, strict=True):
            if rng.random() < 0.5:
                _draw_bust(canvas, place, angle, rng, grey)
        boxes, labels = [], []
        for place, angle in zip(places, angles, strict=True):
            crop, face, label = self.crops.draw(rng)
            box = paste_face(
                canvas,
                crop,
                face,
                place,
                angle,
                rng,
                mask=face_mask(rng, face / np.tile(crop.shape[1::-1], 2)),
                colours=None if grey else _skin_colours(rng),
            )
            if rng.random() < 0.08:
                _hide_part(canvas, box, rng)
            boxes.append(box)
            labels.append(label)
        boxes = np.array(boxes, np.float32).reshape(-1, 4)
        return Picture(canvas, boxes, np.array(labels, np.int64))

    def _background(
        self, rng: np.random.Generator, size: tuple[int, int]
    ) -> np.ndarray:
        kind = rng.random()
        if kind >= 0.65:
            return _wall(rng, size)
        image = self.backgrounds.draw(rng, size).image
        if kind >= 0.15:
            return image
        # Out of focus.
        few = tuple(int(n / rng.uniform(4, 16)) + 1 for n in size)
        coarse = cv2.resize(image, few, interpolation=cv2.INTER_AREA)
        return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)

    def _places(
        self, rng: np.random.Generator, size: tuple[int, int], count: int
    ) -> list[np.ndarray]:
        """Finds room for faces, for smaller or fewer ones where needed.

        Returns:
            Boxes (x1, y1, x2, y2) of upright faces that hardly overlap.
        """
        smallest, largest = self.face_size
        largest = min(
            largest,
            0.92 * min(size),
            1.2 * np.sqrt(size[0] * size[1] / count),
        )
        smallest = min(smallest, largest)
        places = []
        for _ in range(count):
            height = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
            for _ in range(10):
                sides = height * np.array([np.exp(rng.normal(-0.22, 0.1)), 1])
                # A tenth of a face may be out of the picture.
                spare = sides * 0.1
                slack = np.maximum(size - sides, -spare + 1)
                corner = rng.uniform(-spare, slack + spare)
                place = np.concatenate([corner, corner + sides])
                if not places or _overlap(place, np.array(places)) < 0.12:
                    places.append(place)
                    break
                height = max(height * 0.85, smallest)
        return places


def _wall(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A few colours, one fading into the next."""
    cells = (*rng.integers(1, 5, 2), 3)
    corners = rng.integers(0, 256, cells).astype(np.uint8)
    if rng.random() < 0.4:
        corners[:] = corners[..., :1]
    return cv2.resize(corners, size, interpolation=cv2.INTER_LINEAR)


def _skin_colours(rng: np.random.Generator) -> np.ndarray:
    """Colours of the 256 levels of a grey face, of skin more often than not.

    Returns:
        A table (1, 256, 3) for `cv2.LUT`, BGR, uint8.
    """
    colour = rng.uniform(0.55, 1.0, 3)
    if rng.random() < 0.7:
        red = rng.uniform(0.85, 1.1)
        green = red * rng.uniform(0.68, 0.95)
        colour = np.array([green * rng.uniform(0.65, 1.0), green, red])
    levels = np.arange(256)[:, None] * colour
    return np.clip(levels, 0, 255).astype(np.uint8)[None]


def _draw_bust(
    canvas: np.ndarray,
    place: np.ndarray,
    angle: float,
    rng: np.random.Generator,
    grey: bool,
) -> None:
    """Puts hair and shoulders behind the place of a face, in place."""
    middle, half = (place[:2] + place[2:]) / 2, (place[2:] - place[:2]) / 2
    colours = rng.integers(0, (120, 256), (3, 2)).T
    if grey:
        colours[:] = colours[:, :1]
    hair, cloth = (tuple(map(int, colour)) for colour in colours)
    x, y = middle
    reach = half[0] * rng.uniform(1.6, 2.8)
    top = y + half[1] * rng.uniform(0.9, 1.3)
    bottom = y + half[1] * 4
    outline = [
        (x - half[0] * 0.5, top - half[1] * 0.3),
        (x + half[0] * 0.5, top - half[1] * 0.3),
        (x + reach, top + half[1] * 0.7),
        (x + reach * 1.1, bottom),
        (x - reach * 1.1, bottom),
        (x - reach, top + half[1] * 0.7),
    ]
    cv2.fillPoly(canvas, [np.array(outline, np.int32)], cloth, cv2.LINE_AA)
    up = half[1] * rng.uniform(0.1, 0.35)
    axes = tuple(2 * half * rng.uniform(1.1, 1.5, 2))
    centre = (float(x + up * np.sin(np.deg2rad(angle))), float(y - up))
    cv2.ellipse(canvas, (centre, axes, float(angle)), hair, -1, cv2.LINE_AA)


def _hide_part(
    canvas: np.ndarray, box: np.ndarray, rng: np.random.Generator
) -> None:
    """Hides a part of a face behind something flat, in place."""
    width, height = box[2:] - box[:2]
    part = rng.uniform(0.15, 0.4, 2) * (width, height)
    corner = rng.uniform(box[:2] - part / 2, box[2:] - part / 2)
    colour = tuple(map(int, rng.integers(0, 256, 3)))
    first, last = corner.astype(int), (corner + part).astype(int)
    cv2.rectangle(
        canvas, tuple(map(int, first)), tuple(map(int, last)), colour, -1
    )


def _overlap(box: np.ndarray, others: np.ndarray) -> float:
    """Largest intersection over the smaller area."""
    corner = np.maximum(box[:2], others[:, :2])
    sides = np.maximum(np.minimum(box[2:], others[:, 2:]) - corner, 0)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    smaller = np.minimum(np.prod(box[2:] - box[:2]), np.maximum(areas, 1e-6))
    return float((np.prod(sides, axis=1) / smaller).max())
