"""What a check looks for, and what it keeps of an image."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ..images import DetectFaces
from ..voc_xml import VOCAnnotation

#: Width and height of the network's input in pixels (paper, Section IV-A).
INPUT_SIDE = 320
#: Bits of a picture's fingerprint (`copies.perceptual_hash`).
BITS = 256

#: Tells the groups of an image from its id and its annotation.
GroupsOf = Callable[[str, VOCAnnotation], Iterable[str]]


@dataclass(frozen=True)
class CheckSettings:
    """How to read a set, and where to draw lines.

    Attributes:
        classes: The classes, in their order.
        one_based: See `FERVOCDataset`.
        unlabelled: See `FERVOCDataset`.
        tiny_side: A box is tiny if its shorter side is below this many
            pixels once the image's longer side is `INPUT_SIDE`. The default
            is one cell of the network's finest map.
        near_distance: Pictures are almost the same if at most this many of
            the bits of their perceptual hashes differ.
        groups_of: Tells the clips or subjects of an image, which no two
            splits may share; None does not look for any.
        detector: Finds faces, to see which are not annotated; None does not
            look for any.
    """

    classes: tuple[str, ...] = EXPRESSIONS
    one_based: bool = False
    unlabelled: str | None = None
    tiny_side: float = 8.0
    near_distance: int = 14
    groups_of: GroupsOf | None = None
    detector: DetectFaces | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.tiny_side <= INPUT_SIDE:
            raise InputError(
                f'tiny side {self.tiny_side:g}: choose 0 to {INPUT_SIDE} pixels'
            )
        if not 0 <= self.near_distance < BITS // 2:
            raise InputError(
                f'near distance {self.near_distance}: choose 0 to '
                f'{BITS // 2 - 1} bits (different pictures differ in '
                f'{BITS // 2} on average)'
            )


class FaultKind(Enum):
    """A kind of fault.

    Attributes:
        title: Its name for people.
        remedy: What to do about it.
        is_unusable: Whether `FERVOCDataset` refuses such an image.
    """

    MISSING_IMAGE = (
        'missing image',
        'Add the file, or take its id out of the split.',
        True,
    )
    UNREADABLE_IMAGE = (
        'unreadable image',
        'Get the file again, or take its id out of the split.',
        True,
    )
    ANNOTATION = (
        'missing or broken annotation',
        'Write the annotation anew; an image without a face needs one too.',
        True,
    )
    WRONG_SIZE = (
        'annotation of another image size',
        'Annotate the image as it is now.',
        True,
    )
    BAD_BOX = (
        'box out of range or without area',
        'Correct the box. Where every box at the right or lower edge, or none '
        'at 0, is concerned, the set may count from 1: --one-based.',
        True,
    )
    UNKNOWN_CLASS = (
        'unknown class',
        'Name one of the classes, or take the image out of the split. A set '
        'with other classes, such as Contempt, needs --classes.',
        True,
    )
    TINY_BOX = (
        'tiny box',
        'See whether it is a face; one so small can hardly be learnt.',
    )
    UNLABELLED_FACE = (
        'face without a label',
        'Annotate the face, or take the image out of the split: training '
        'would teach that it is none.',
    )
    REPEATED_ID = ('image listed twice', 'Keep one line.')
    COPY = ('same file twice in a split', 'Keep one of them.')
    COPY_ACROSS = (
        'same file in two splits',
        'Keep it in the split that tests.',
    )
    NEAR_COPY = (
        'almost the same picture twice in a split',
        'Look at both, and keep one if they are one picture.',
    )
    NEAR_COPY_ACROSS = (
        'almost the same picture in two splits',
        'Look at both, and keep the one that tests if they are one picture.',
    )
    SHARED_GROUP = (
        'clip or subject in two splits',
        'Keep all images of a clip or subject in one split.',
    )

    def __init__(
        self, title: str, remedy: str, is_unusable: bool = False
    ) -> None:
        self.title = title
        self.remedy = remedy
        self.is_unusable = is_unusable


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one image.

    Attributes:
        kind: What kind it is of.
        split: Name of the split that lists the image.
        image_id: The line of the split file.
        message: One sentence that says what is wrong where.
    """

    kind: FaultKind
    split: str
    image_id: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckedFace:
    """One face whose box and class are sound.

    Attributes:
        expression: Name of its class.
        centre: (x, y) of the box's middle, as fractions of width and height.
        side: Square root of the box's area in pixels, once the image's
            longer side is scaled to the network's input.
    """

    expression: str
    centre: tuple[float, float]
    side: float


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """One line of a split file.

    Attributes:
        split: Name of the split.
        image_id: The line.
        faults: What is wrong with the image by itself.
        faces: Those of its faces that are sound.
        groups: Clips or subjects that it belongs to.
        digest: Hash of the file; None if the image is missing or unreadable.
        fingerprint: See `copies.perceptual_hash`; None likewise.
    """

    split: str
    image_id: str
    faults: tuple[Finding, ...] = ()
    faces: tuple[CheckedFace, ...] = ()
    groups: frozenset[str] = frozenset()
    digest: bytes | None = None
    fingerprint: bytes | None = None

    @property
    def is_usable(self) -> bool:
        """Whether `FERVOCDataset` takes the image."""
        return not any(fault.kind.is_unusable for fault in self.faults)
