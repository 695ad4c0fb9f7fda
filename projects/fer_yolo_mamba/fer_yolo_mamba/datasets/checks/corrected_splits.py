"""Split files without what a check found wrong."""

from pathlib import Path

from ...errors import InputError
from ..splits import split_path, write_split
from .checked_image import CheckedImage
from .dataset_check import DatasetCheck, tests_first
from .picture_index import PictureIndex

_SUFFIX = 'checked'


def corrected_splits(check: DatasetCheck) -> dict[str, list[str]]:
    """Chooses the images that may stay.

    Images that `FERVOCDataset` would refuse go, of copies the first stays,
    and what two splits share stays in the later one, which tests. Tiny boxes
    and faces without a label are for an annotator to mend: their images stay.

    Args:
        check: What was found.

    Returns:
        The ids of each split, in the order of its file.
    """
    kept: set[tuple[str, str]] = set()
    index = PictureIndex(len(check.images), check.settings.near_distance)
    split_of_group: dict[str, str] = {}
    for image in tests_first(check.splits, check.images):
        if _may_stay(image, index, split_of_group):
            kept.add((image.split, image.image_id))
            index.add(image)
            for group in image.groups:
                split_of_group[group] = image.split
    return {
        name: [
            image.image_id
            for image in check.images
            if image.split == name and (name, image.image_id) in kept
        ]
        for name in check.splits
    }


def _may_stay(
    image: CheckedImage, index: PictureIndex, split_of_group: dict[str, str]
) -> bool:
    return (
        image.is_usable
        and index.find(image) is None
        and all(
            split_of_group.get(group, image.split) == image.split
            for group in image.groups
        )
    )


def write_corrected_splits(check: DatasetCheck) -> list[Path]:
    """Writes `<split>.checked.txt` beside each split file.

    Args:
        check: What was found.

    Returns:
        The files, in the order of the splits.

    Raises:
        InputError: A split would be empty, or a file cannot be written; no
            file is written where a split would be empty.
    """
    splits = corrected_splits(check)
    for name, ids in splits.items():
        if not ids:
            raise InputError(
                f'{split_path(check.root, name)}: no image of it can stay; '
                'mend the set, as its report says'
            )
    written = []
    for name, ids in splits.items():
        path = split_path(check.root, f'{name}.{_SUFFIX}')
        try:
            write_split(path, ids)
        except OSError as error:
            raise InputError(
                f'{path}: cannot be written ({error.strerror or error}); make '
                'its folder writable, or copy ImageSets elsewhere'
            ) from None
        written.append(path)
    return written
