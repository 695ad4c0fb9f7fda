"""One image of a release, with what is known about its faces."""

from dataclasses import dataclass

from ..voc_xml import VOCObject
from .fault import Fault
from .image_source import ImageSource
from .remark import Remark


@dataclass(frozen=True)
class LabelledImage:
    """One image as a converter's reader found it.

    An image whose every box has a fault is left out of the converted set;
    one that never had a box is an image without a face, and stays.

    Attributes:
        image_id: Its name in the set: a path with forward slashes, without
            suffix, different for every image.
        source: Where its bytes are; None where the image is missing.
        splits: Names of the splits that it belongs to.
        faces: The usable faces: canonical names; boxes 0-based, from outer
            edge to outer edge in pixels, possibly leaving the image. An edge
            at `math.inf` means the edge of the image.
        size: (width, height) in pixels where the release tells them.
        faults: What is wrong with the image or with boxes that are not among
            `faces`, each with a detail.
        remarks: What the user should know, each with a detail.
    """

    image_id: str
    source: ImageSource | None
    splits: tuple[str, ...]
    faces: tuple[VOCObject, ...] = ()
    size: tuple[int, int] | None = None
    faults: tuple[tuple[Fault, str], ...] = ()
    remarks: tuple[tuple[Remark, str], ...] = ()
