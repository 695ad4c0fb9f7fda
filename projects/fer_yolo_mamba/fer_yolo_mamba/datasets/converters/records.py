"""What every reader gives and the writer takes: labelled images, one by one.

Boxes are (x1, y1, x2, y2) in pixels, 0-based, from outer edge to outer edge.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from ...errors import InputError
from ...expressions import EXPRESSIONS, canonical_expression
from ...inputs import whole_number
from ..voc_xml import VOCObject

Box = tuple[float, float, float, float]

#: The box of a face that fills its image, of whatever size that is.
WHOLE_IMAGE: Box = (0.0, 0.0, math.inf, math.inf)


class Skipped(Enum):
    """Why an image, or one of its boxes, is left out of a converted set.

    The value is what the report prints.
    """

    NO_IMAGE = 'the image is missing'
    SEVERAL_IMAGES = 'several images have this name'
    UNREADABLE = 'the image cannot be read'
    OTHER_SIZE = 'the image is not of the size that its labels give'
    BAD_NAME = 'the name cannot be used'
    NAME_TAKEN = 'another image has this name'
    LISTED_BEFORE = 'listed before, with other boxes or in the same split'
    UNKNOWN_LABEL = 'the label is none of the classes'
    TIE = 'the annotators agree on no label'
    UNNAMED = 'the annotators cannot name the expression'
    NOT_A_FACE = 'the annotators see no face'
    NO_BOX = 'there is no box'
    NO_CLASS = 'the box does not end with the number of its class'
    BAD_BOX = 'the box is not made of finite numbers'
    NO_AREA = 'the box has no area inside the image'
    INVALID = 'the release calls the face invalid'
    SMALL = 'the box is smaller than asked for'
    CROWD = 'the box stands for a crowd'
    NO_FACE = 'the detector finds no face'


class Remark(Enum):
    """Something worth knowing about an image that is in the converted set.

    The value is what the report prints.
    """

    NO_ATTRIBUTES = 'no gender, race and age are given'
    NO_LABEL_FILE = 'no label file: taken as an image without a face'
    OTHER_FOLDER = 'the folder names another expression than the box list'
    NO_FACE = 'the detector finds no face: the box is the whole image'
    USUAL_BOX = 'the detector finds no face: the box is where most faces are'
    FURTHER_FACES = 'further faces are found, which have no label'
    SAME_CLIP = "authors' split: in val, with images of its clip in train"
    SAME_SCENE = (
        "authors' split: in val, with images of its film, at most five "
        'minutes away, in train'
    )
    KEPT_IMAGE = (
        'the file was there before, differs, and is kept; delete it to have it '
        'written anew'
    )
    KEPT_ANNOTATION = (
        'the annotation was there before, differs, and is kept, and its boxes '
        'are counted; delete it to have it written anew'
    )


class SkippedFace(NamedTuple):
    """A face that cannot be used: why, and what was found in its place."""

    why: Skipped
    detail: str


class EncodedImage(NamedTuple):
    """An image that is in no file yet.

    Attributes:
        suffix: Of its format, such as '.png'.
        content: The bytes of the file.
        size: (width, height) in pixels.
    """

    suffix: str
    content: bytes
    size: tuple[int, int]


@dataclass(frozen=True)
class LabelledImage:
    """One image as a converter's reader found it.

    An image none of whose faces can be used is left out of the converted set;
    one that never had a face is an image without a face, and stays.

    Attributes:
        image_id: Its name in the set: a path with forward slashes, without
            suffix, different for every image.
        source: Its file, as an absolute path; what the file will hold; or why
            there is no image.
        splits: Names of the splits that it belongs to.
        faces: The faces: canonical names; boxes possibly leaving the image,
            where an edge at `math.inf` means the edge of the image. In place
            of those that cannot be used stands the reason.
        size: (width, height) in pixels where the release tells them.
        remarks: What the user should know, each with a detail.
        votes: How many annotators are for each class, where several were
            asked about the one face.
    """

    image_id: str
    source: Path | EncodedImage | Skipped
    splits: tuple[str, ...]
    faces: tuple[VOCObject | SkippedFace, ...] = ()
    size: tuple[int, int] | None = None
    remarks: tuple[tuple[Remark, str], ...] = ()
    votes: Mapping[str, int] = field(default_factory=dict)


class SetKind(NamedTuple):
    """What a set says about itself in its manifest.

    Attributes:
        manifest: Name of the file.
        content: What the set is; a folder that says something else is not
            touched.
        version: Raised when the same origin begins to give other files.
    """

    manifest: str
    content: str
    version: int


CONVERTED = SetKind('converted_set.json', 'converted face-expression set', 1)


@dataclass(frozen=True)
class ImageStream:
    """What every reader returns and `write_voc_set` takes; runs once.

    Attributes:
        images: The images.
        total: How many there will be, at most.
        origin: What the images come from: the format, the absolute paths, and
            the options that change the result, as JSON can hold them. Two
            sets of the same origin are the same set.
        kind: What the set will be.
        classes: The classes that faces are named by, in their order; none
            where nobody has named the expressions.
    """

    images: Iterable[LabelledImage]
    total: int
    origin: Mapping[str, object]
    kind: SetKind = CONVERTED
    classes: tuple[str, ...] = EXPRESSIONS

    def __iter__(self) -> Iterator[LabelledImage]:
        return iter(self.images)

    def __len__(self) -> int:
        return self.total


def numbers_of(texts: Iterable[str | float]) -> Box | None:
    """Reads four finite numbers; None where they are no such thing."""
    try:
        numbers = () if isinstance(texts, str) else tuple(map(float, texts))
    except (TypeError, ValueError):
        return None
    is_box = len(numbers) == 4 and all(map(math.isfinite, numbers))
    return numbers if is_box else None


def sized_box(texts: Iterable[str | float]) -> Box | None:
    """As `numbers_of`, for a box that is written as x, y, width, height."""
    numbers = numbers_of(texts)
    if numbers is None:
        return None
    x, y, width, height = numbers
    return x, y, x + width, y + height


def make_face(
    expression: str | None, label: str, box: Box | None, box_text: str, **facts
) -> VOCObject | SkippedFace:
    """A face, with further facts of `VOCObject`, or what is wrong with it.

    `expression` and `box` are None where they could not be understood as they
    are written, in `label` and `box_text`.
    """
    if expression is None:
        return SkippedFace(Skipped.UNKNOWN_LABEL, label)
    if box is None:
        return SkippedFace(Skipped.BAD_BOX, box_text)
    return VOCObject(expression, box, **facts)


def expression_of(text: str, labels: Mapping[int, str]) -> str | None:
    """The expression that a data set's own label number stands for.

    >>> expression_of('4', RAFDB_LABELS)
    'Happy'

    It is None where the text is no number of the table.
    """
    return labels.get(whole_number(text.strip()))


def labels_among(
    labels: Mapping[int, str], classes: Sequence[str]
) -> dict[int, str]:
    """The label numbers of a data set that stand for one of the classes."""
    return {
        number: expression
        for number, expression in labels.items()
        if expression in classes
    }


def expression_named(
    name: str, classes: Sequence[str] = EXPRESSIONS
) -> str | None:
    """As `canonical_expression`, but None for a name that is not known.

    There it is a user's mistake, in a release a face that is left out.
    """
    try:
        return canonical_expression(name, classes)
    except InputError:
        return None


def hold_out(
    groups: Mapping[str, Counter[Hashable]], fraction: float, seed: int = 0
) -> set[str]:
    """Chooses groups that together hold a fraction of every class.

    The groups are visited in an order drawn by lot, and each is taken that
    does not make any class exceed its share. Groups are small beside the
    shares, so what is missing in the end is small, too.

    >>> hold_out({'a': Counter(Happy=1), 'b': Counter(Happy=1)}, 0.5)
    {'a'}

    Args:
        groups: For each group, how often each class occurs in it.
        fraction: Share to hold out, between 0 and 1.
        seed: Another one gives another choice. The same gives the same
            everywhere.

    Returns:
        The groups to hold out.
    """
    totals = sum(groups.values(), Counter())
    missing = Counter({k: round(n * fraction) for k, n in totals.items()})
    chosen = set()

    def lot(name: str) -> bytes:
        # Not Python's random: its order is not promised between versions.
        text = f'{seed}:{name}'.encode(errors='surrogateescape')
        return hashlib.sha256(text).digest()

    for name in sorted(groups, key=lot):
        if groups[name] <= missing:
            chosen.add(name)
            missing -= groups[name]
    return chosen
