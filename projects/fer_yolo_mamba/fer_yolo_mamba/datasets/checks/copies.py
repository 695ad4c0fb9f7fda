"""Pictures that a set has more than once."""

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from .findings import BITS, CheckedImage, FaultKind, Finding

_SIDE = 32
_FREQUENCIES = math.isqrt(BITS)


def copy_faults(
    images: Sequence[CheckedImage], near_distance: int
) -> Iterator[Finding]:
    """Finds the images that repeat an earlier one.

    Args:
        images: Split by split, those that test before those that train.
        near_distance: See `CheckSettings`.

    Yields:
        A fault for each of them: at most one an image, the gravest.
    """
    index = PictureIndex(len(images), near_distance)
    for image in images:
        if image.digest is None:
            continue
        copy = index.find(image)
        if copy:
            yield _fault(image, *copy)
        if copy is None or copy[1] is not None:
            index.add(image)


def _fault(
    image: CheckedImage, original: CheckedImage, distance: int | None
) -> Finding:
    across = original.split != image.split
    name = f'{original.image_id!r} in {original.split}'
    if distance is None:
        kind = FaultKind.COPY_ACROSS if across else FaultKind.COPY
        message = f'the same file as {name}'
    else:
        kind = FaultKind.NEAR_COPY_ACROSS if across else FaultKind.NEAR_COPY
        message = (
            f'almost the same picture as {name} ({distance} of {BITS} bits '
            'differ)'
        )
    here, there = (
        ', '.join(sorted(face.expression for face in labelled.faces))
        or 'without a face'
        for labelled in (image, original)
    )
    if here != there:
        message += f', but labelled {here} here and {there} there'
    return Finding(kind, image.split, image.image_id, message)


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
        self._words = np.zeros((BITS // 64, capacity), np.uint64)
        self._images: list[CheckedImage] = []
        self._by_digest: dict[bytes, CheckedImage] = {}
        self._split_start = 0

    def add(self, image: CheckedImage) -> None:
        """Adds a picture that could be read."""
        count = len(self._images)
        if self._begins_split(image):
            self._split_start = count
        self._words[:, count] = np.frombuffer(image.fingerprint, np.uint64)
        self._images.append(image)
        self._by_digest.setdefault(image.digest, image)

    def find(
        self, image: CheckedImage
    ) -> tuple[CheckedImage, int | None] | None:
        """Finds the picture that this one, which could be read, repeats.

        Returns:
            The first with the same file, and None; else, of those nearly the
            same, the nearest in another split, or if there is none, the
            nearest in its own, and in how many bits their perceptual hashes
            differ; None if the picture is new.
        """
        if original := self._by_digest.get(image.digest):
            return original, None
        count = len(self._images)
        words = np.frombuffer(image.fingerprint, np.uint64)[:, None]
        differing = np.bitwise_count(self._words[:, :count] ^ words)
        distance = differing.sum(axis=0, dtype=np.uint16)
        # Where it begins a split, all pictures so far are of other splits.
        middle = count if self._begins_split(image) else self._split_start
        for start, end in ((0, middle), (middle, count)):
            if start < end:
                nearest = start + int(distance[start:end].argmin())
                if distance[nearest] <= self._near_distance:
                    return self._images[nearest], int(distance[nearest])
        return None

    def _begins_split(self, image: CheckedImage) -> bool:
        return bool(self._images) and self._images[-1].split != image.split


def perceptual_hash(image: np.ndarray) -> bytes:
    """The signs of a picture's lowest frequencies, as pHash takes them.

    Zauner, "Implementation and Benchmarking of Perceptual Image Hash
    Functions" (2010), Section 3.2.1, with 16 x 16 frequencies for its 8 x 8.
    With 64 bits, studio photographs of one person with two expressions agree
    in all bits; with 256, the closest two of 630,000 pairs of different face
    photographs differed in 16, and copies saved with JPEG quality 20 or at
    half the size in 12 at most (measured).

    Args:
        image: (H, W, 3) uint8, BGR.

    Returns:
        `BITS` bits, a bit for each frequency: whether its coefficient is
        above the median.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    spectrum = cv2.dct(small.astype(np.float32))[:_FREQUENCIES, :_FREQUENCIES]
    return np.packbits(spectrum > np.median(spectrum)).tobytes()
