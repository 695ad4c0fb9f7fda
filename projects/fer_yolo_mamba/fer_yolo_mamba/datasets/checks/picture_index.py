"""Looks up pictures that were seen before."""

from dataclasses import dataclass

import numpy as np

from .checked_image import CheckedImage
from .perceptual_hash import WORDS, distances


@dataclass(frozen=True)
class Copy:
    """The earlier picture that one repeats.

    Attributes:
        original: The earlier one.
        distance: In how many bits their perceptual hashes differ; None where
            the files are the same.
    """

    original: CheckedImage
    distance: int | None


class PictureIndex:
    """Pictures of some splits, added split by split.

    Files are compared byte by byte (by hash): this is certain, and what it
    leaves out, the same pixels saved twice, has the perceptual hash in
    common. A lookup compares with all pictures, in microseconds for each
    thousand; memory is 50 bytes a picture.

    Args:
        capacity: How many pictures it may hold.
        near_distance: See `CheckSettings`.
    """

    def __init__(self, capacity: int, near_distance: int) -> None:
        self._near_distance = near_distance
        self._words = np.zeros((WORDS, capacity), np.uint64)
        self._images: list[CheckedImage] = []
        self._by_digest: dict[bytes, CheckedImage] = {}
        self._split_starts = 0

    def add(self, image: CheckedImage) -> None:
        """Adds a picture that could be read."""
        if self._images and self._images[-1].split != image.split:
            self._split_starts = len(self._images)
        self._words[:, len(self._images)] = _words(image)
        self._images.append(image)
        self._by_digest.setdefault(image.digest, image)

    def find(self, image: CheckedImage) -> Copy | None:
        """Finds the picture that this one repeats.

        Args:
            image: One that could be read.

        Returns:
            The first with the same file; else, of those nearly the same, the
            nearest in another split, or if there is none, the nearest in its
            own; None if it is new.
        """
        if original := self._by_digest.get(image.digest):
            return Copy(original, None)
        count = len(self._images)
        if not count:
            return None
        # Where the image begins a split, all pictures are of other splits.
        is_first = self._images[-1].split != image.split
        middle = count if is_first else self._split_starts
        distance = distances(_words(image), self._words[:, :count])
        for part in (slice(0, middle), slice(middle, count)):
            if distance[part].size:
                nearest = part.start + int(distance[part].argmin())
                if distance[nearest] <= self._near_distance:
                    return Copy(self._images[nearest], int(distance[nearest]))
        return None


def _words(image: CheckedImage) -> np.ndarray:
    return np.frombuffer(image.fingerprint, np.uint64)
