"""Pictures that a set has more than once."""

from collections.abc import Iterator, Sequence

from .checked_image import CheckedImage
from .fault import Fault, FaultKind
from .perceptual_hash import BITS
from .picture_index import Copy, PictureIndex


def copy_faults(
    images: Sequence[CheckedImage], near_distance: int
) -> Iterator[Fault]:
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
            yield _fault(image, copy)
        if copy is None or copy.distance is not None:
            index.add(image)


def _fault(image: CheckedImage, copy: Copy) -> Fault:
    original = copy.original
    across = original.split != image.split
    name = f'{original.image_id!r} in {original.split}'
    if copy.distance is None:
        kind = FaultKind.COPY_ACROSS if across else FaultKind.COPY
        message = f'the same file as {name}'
    else:
        kind = FaultKind.NEAR_COPY_ACROSS if across else FaultKind.NEAR_COPY
        message = (
            f'almost the same picture as {name} ({copy.distance} of {BITS} '
            'bits differ)'
        )
    if image.expressions != original.expressions:
        message += (
            f', but labelled {_labels(image)} here and {_labels(original)} '
            'there'
        )
    return Fault(kind, image.split, image.image_id, message)


def _labels(image: CheckedImage) -> str:
    return ', '.join(image.expressions) or 'without a face'
