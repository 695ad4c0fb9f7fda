"""The labelled images of a release, one after another."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .labelled_image import LabelledImage


@dataclass(frozen=True)
class ImageStream:
    """What every reader returns and `write_voc_set` takes; runs once.

    Attributes:
        images: The images.
        total: How many there will be, at most.
        origin: What the images come from: the format, the absolute paths, and
            the options that change the result, as JSON can hold them. Two
            sets of the same origin are the same set.
    """

    images: Iterable[LabelledImage]
    total: int
    origin: Mapping[str, object]

    def __iter__(self) -> Iterator[LabelledImage]:
        return iter(self.images)

    def __len__(self) -> int:
        return self.total
