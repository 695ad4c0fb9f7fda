"""What can be wrong with an image of a set."""

from dataclasses import dataclass
from enum import Enum


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
        'Name one of the classes, or take the image out of the split.',
        True,
    )
    TINY_BOX = (
        'tiny box',
        'See whether it is a face; one so small can hardly be learnt.',
        False,
    )
    UNLABELLED_FACE = (
        'face without a label',
        'Annotate the face, or take the image out of the split: training '
        'would teach that it is none.',
        False,
    )
    REPEATED_ID = ('image listed twice', 'Keep one line.', False)
    COPY = ('same file twice in a split', 'Keep one of them.', False)
    COPY_ACROSS = (
        'same file in two splits',
        'Keep it in the split that tests.',
        False,
    )
    NEAR_COPY = (
        'almost the same picture twice in a split',
        'Look at both, and keep one if they are one picture.',
        False,
    )
    NEAR_COPY_ACROSS = (
        'almost the same picture in two splits',
        'Look at both, and keep the one that tests if they are one picture.',
        False,
    )
    SHARED_GROUP = (
        'clip or subject in two splits',
        'Keep all images of a clip or subject in one split.',
        False,
    )

    def __init__(self, title: str, remedy: str, is_unusable: bool) -> None:
        self.title = title
        self.remedy = remedy
        self.is_unusable = is_unusable


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

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

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.kind.remedy
