"""What a check keeps of an image."""

from dataclasses import dataclass

from .fault import Fault


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
        fingerprint: See `perceptual_hash`; None likewise.
    """

    split: str
    image_id: str
    faults: tuple[Fault, ...] = ()
    faces: tuple[CheckedFace, ...] = ()
    groups: frozenset[str] = frozenset()
    digest: bytes | None = None
    fingerprint: bytes | None = None

    @property
    def is_usable(self) -> bool:
        """Whether `FERVOCDataset` takes the image."""
        return not any(fault.kind.is_unusable for fault in self.faults)

    @property
    def expressions(self) -> tuple[str, ...]:
        """The classes of its faces, in alphabetical order."""
        return tuple(sorted(face.expression for face in self.faces))
