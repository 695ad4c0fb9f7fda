"""Pictures whose faces are known, and what a detector sees in them."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from ...datasets.images import read_image
from ...datasets.splits import ANNOTATIONS, IMAGES, read_split, split_path
from ...datasets.voc_image_reader import VOCImageReader
from ...errors import InputError
from ...evaluation import ImageRecord, Predictions
from ...expressions import EXPRESSIONS
from ...faces import Face

#: Side of the canvas that a crop is laid on, and its grey.
CANVAS_SIDE, CANVAS_GREY = 320, 114
# By label; the last one stands for an expression that is not known.
_NAMES = (*EXPRESSIONS, None)


class Result(Protocol):
    """The faces of a picture, in its pixels, in any order."""

    faces: Sequence[Face]


#: Ours or another's: takes pictures, each a path or an array (H, W, 3) uint8,
#: BGR, and gives one result for each.
Detector = Callable[
    [Sequence[str | os.PathLike | np.ndarray]], Sequence[Result]
]


class Mixture(Protocol):
    """As `FaceMixture`: composes pictures by their number."""

    def __len__(self) -> int: ...

    def compose(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gives (H, W, 3) uint8, BGR; boxes (N, 4); labels (N,)."""


@dataclass(frozen=True)
class KnownFace:
    """An annotated face.

    Attributes:
        bbox: x1, y1, x2, y2 in pixels.
        expression: Its name; None where it is not known.
        group: The group that it belongs to; empty for none.
    """

    bbox: tuple[float, float, float, float]
    expression: str | None = None
    group: str = ''


@dataclass(frozen=True)
class KnownPicture:
    """A picture and all of its faces.

    Attributes:
        name: Its id in the set.
        image: Its file, or an array (H, W, 3) uint8, BGR.
        faces: Possibly none.
    """

    name: str
    image: Path | np.ndarray
    faces: tuple[KnownFace, ...]


@dataclass(frozen=True)
class SeenPicture:
    """A picture without its pixels, and what a detector sees in it.

    Attributes:
        name: As in the set.
        known: Its faces.
        seen: The detector's, by falling score.
    """

    name: str
    known: tuple[KnownFace, ...]
    seen: tuple[Face, ...]

    @property
    def best(self) -> Face | None:
        """The face of the highest score."""
        return self.seen[0] if self.seen else None


def look_at(
    detector: Detector, pictures: Iterable[KnownPicture]
) -> list[SeenPicture]:
    """Shows a detector one picture after another.

    Raises:
        InputError: One cannot be read; a warning says why.
    """
    seen = []
    for picture in pictures:
        results = list(detector([picture.image]))
        if len(results) != 1:
            raise InputError(
                f'{picture.name} is no picture, or cannot be read: name '
                'another, or leave it out.'
            )
        faces = sorted(results[0].faces, key=lambda face: -face.score)
        seen.append(SeenPicture(picture.name, picture.faces, tuple(faces)))
    return seen


def voc_pictures(
    root: str | os.PathLike,
    split: str,
    *,
    one_based: bool = False,
    has_expressions: bool = True,
    group: str | None = None,
) -> list[KnownPicture]:
    """Reads a split of a set in VOC layout.

    Args:
        root: Folder of the set.
        split: Name of its list in ``ImageSets/Main``.
        one_based: See :class:`~fer_yolo_mamba.datasets.FERVOCDataset`.
        has_expressions: Whether the names of the boxes are expressions;
            otherwise they are not looked at.
        group: Name of the boxes' element whose text is the group of a face,
            ``mask`` for ``<mask>yes</mask>``.

    Raises:
        InputError: The list, an image or an annotation is at fault.
    """
    root = Path(root)
    reader = VOCImageReader(
        root / IMAGES, root / ANNOTATIONS, EXPRESSIONS, one_based=one_based
    )

    def read(name: str) -> KnownPicture:
        path, annotation = reader.open(name)
        faces = []
        for where, face in reader.faces(name, annotation):
            if group and group not in face.attributes:
                raise InputError(
                    f'{where} has no <{group}>: name another element for the '
                    'groups, or none.'
                )
            label = reader.label(face, where) if has_expressions else None
            faces.append(
                KnownFace(
                    tuple(reader.bbox(face, annotation, where)),
                    None if label is None else EXPRESSIONS[label],
                    face.attributes[group] if group else '',
                )
            )
        return KnownPicture(name, path, tuple(faces))

    ids = read_split(split_path(root, split), reader.annotations)
    return [read(name) for name in ids]


def on_canvases(
    crops: Iterable[KnownPicture], sizes: Sequence[int]
) -> Iterator[KnownPicture]:
    """Lays each crop on a plain canvas, the sizes in turn.

    The canvas is a square of `CANVAS_SIDE` pixels, the crop in its middle,
    enlarged with cubic interpolation.

    Args:
        crops: Pictures of one face each.
        sizes: Of the longer side of a crop on the canvas, in pixels.

    Raises:
        InputError: A crop has another number of faces, or a size is not from
            8 pixels to the canvas's.
    """
    wrong = [size for size in sizes if not 8 <= size <= CANVAS_SIDE]
    if wrong or not sizes:
        raise InputError(
            f'faces of {wrong or "no"} pixels: give sizes from 8 to '
            f'{CANVAS_SIDE}.'
        )
    for index, crop in enumerate(crops):
        if len(crop.faces) != 1:
            raise InputError(
                f'{crop.name} has {len(crop.faces)} faces: give a set of '
                'crops, with one face in each.'
            )
        yield _on_canvas(crop, sizes[index % len(sizes)])


def _on_canvas(crop: KnownPicture, size: int) -> KnownPicture:
    image = crop.image
    if not isinstance(image, np.ndarray):
        image = read_image(image)
    height, width = image.shape[:2]
    scale = size / max(height, width)
    new_width, new_height = (
        max(round(side * scale), 1) for side in (width, height)
    )
    shrinks = scale < 1
    image = cv2.resize(
        image,
        (new_width, new_height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
    )
    canvas = np.full((CANVAS_SIDE, CANVAS_SIDE, 3), CANVAS_GREY, np.uint8)
    left, top = (CANVAS_SIDE - new_width) // 2, (CANVAS_SIDE - new_height) // 2
    canvas[top : top + new_height, left : left + new_width] = image
    (face,) = crop.faces
    ratios = np.array([new_width / width, new_height / height] * 2)
    bbox = np.array(face.bbox) * ratios + [left, top] * 2
    face = KnownFace(tuple(bbox.tolist()), face.expression, face.group)
    return KnownPicture(crop.name, canvas, (face,))


def composed_pictures(mixture: Mixture) -> Iterator[KnownPicture]:
    """All pictures of a data set that composes them.

    Args:
        mixture: Of the seven expressions.
    """
    for index in range(len(mixture)):
        image, boxes, labels = mixture.compose(index)
        faces = (
            KnownFace(tuple(box), _NAMES[label])
            for box, label in zip(boxes.tolist(), labels.tolist(), strict=True)
        )
        yield KnownPicture(f'composed {index}', image, tuple(faces))


def predictions_of(
    pictures: Iterable[SeenPicture],
    *,
    every_name: bool = False,
    group: str | None = None,
) -> Predictions:
    """What was seen, as a test of the seven expressions.

    Args:
        pictures: What was seen.
        every_name: Whether a face is a detection of each expression, with the
            score of that one, as average precision wants it; otherwise it is
            one of the expression that it is named.
        group: Faces of another group need not be found; None for all.
    """
    return Predictions(
        EXPRESSIONS,
        tuple(_record(picture, every_name, group) for picture in pictures),
    )


def _record(
    picture: SeenPicture, every_name: bool, group: str | None
) -> ImageRecord:
    found = [
        (face.bbox, score, name)
        for face in picture.seen
        for name, score in (
            face.scores if every_name else {face.expression: face.score}
        ).items()
        if score > 0
    ]
    known = picture.known
    return ImageRecord(
        boxes=np.array([bbox for bbox, _, _ in found], float).reshape(-1, 4),
        scores=np.array([score for _, score, _ in found], float),
        labels=_labels(name for _, _, name in found),
        gt_boxes=np.array([x.bbox for x in known], float).reshape(-1, 4),
        gt_labels=_labels(x.expression for x in known),
        gt_ignored=np.array(
            [group not in (None, x.group) for x in known], bool
        ),
        path=picture.name,
    )


def _labels(names: Iterable[str | None]) -> np.ndarray:
    return np.array([_NAMES.index(name) for name in names], np.int64)
