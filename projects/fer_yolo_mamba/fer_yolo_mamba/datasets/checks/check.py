"""Checks a whole VOC set, and lists anew the images that may stay."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from ..splits import (
    ANNOTATIONS,
    IMAGES,
    read_split_lines,
    split_path,
    write_split,
)
from ..voc_image_reader import VOCImageReader
from .copies import PictureIndex, copy_faults
from .findings import CheckedImage, CheckSettings, FaultKind, Finding
from .groups import SharedGroups, group_faults, shared_groups
from .inspection import ImageInspector, SetStatistics

_SPLITS = ('train', 'val', 'test')
_CORRECTED = 'checked'
# Tasks that wait for a thread; all at once would take memory by the image.
_AHEAD = 512


@dataclass(frozen=True)
class DatasetCheck:
    """What a check found.

    Attributes:
        root: Folder of the set.
        splits: Names of the splits, those that train before those that test.
        settings: What it was told.
        images: All lines of all splits, in the order of the files.
        faults: Everything wrong, kind by kind.
        statistics: One item a split.
        shared: Which splits share clips or subjects.
    """

    root: Path
    splits: tuple[str, ...]
    settings: CheckSettings
    images: tuple[CheckedImage, ...]
    faults: tuple[Finding, ...]
    statistics: tuple[SetStatistics, ...]
    shared: tuple[SharedGroups, ...]

    def count(self, kind: FaultKind, split: str | None = None) -> int:
        """Number of faults of a kind, in a split or in all."""
        return sum(
            fault.kind is kind and split in (None, fault.split)
            for fault in self.faults
        )

    def warnings(self) -> list[str]:
        """What is no fault, but worth knowing; a sentence each."""
        return [line for item in self.statistics for line in item.warnings()]

    def __str__(self) -> str:
        """The verdict in one line."""
        total = len(self.images)
        if not self.faults:
            return f'{self.root}: no faults in {total} images'
        faulty = {(fault.split, fault.image_id) for fault in self.faults}
        return (
            f'{self.root}: {len(self.faults)} faults, in {len(faulty)} of '
            f'{total} images'
        )


def splits_of(root: str | os.PathLike) -> tuple[str, ...]:
    """Those of the usual splits that a set has: train, val, test.

    Raises:
        InputError: It has none of them.
    """
    found = tuple(name for name in _SPLITS if split_path(root, name).exists())
    if not found:
        raise InputError(
            f'{split_path(root, "train").parent}: there is no '
            f'{" or ".join(f"{name}.txt" for name in _SPLITS)}; name the '
            'splits with --splits, or see data/README.md for where a data '
            'set goes'
        )
    return found


def check_dataset(
    root: str | os.PathLike,
    splits: Sequence[str],
    settings: CheckSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> DatasetCheck:
    """Checks images, annotations and what the splits have in common.

    >>> print(check_dataset('data/rafdb', ['train', 'test'], CheckSettings()))
    data/rafdb: no faults in 15339 images

    Args:
        root: Folder of the set.
        splits: Names of the splits, those that train before those that test:
            where two share something, the earlier one is at fault.
        settings: How to read the set, and where to draw lines.
        progress: Called with the numbers of checked and of all images.

    Returns:
        All that it found.

    Raises:
        InputError: A folder is missing, or a split file is missing,
            unreadable, empty or named twice; or clips or subjects are asked
            for and no image has any.
    """
    root = Path(root)
    splits = tuple(splits)
    if len(set(splits)) != len(splits):
        raise InputError(f'splits {", ".join(splits)}: name each one once')
    reader = VOCImageReader(
        root / IMAGES,
        root / ANNOTATIONS,
        settings.classes,
        one_based=settings.one_based,
        unlabelled=settings.unlabelled,
    )
    listed = {
        name: read_split_lines(split_path(root, name), reader.annotations)
        for name in splits
    }
    lines = [
        (name, image_id)
        for name, ids in listed.items()
        for image_id in dict.fromkeys(ids)
    ]
    images = []
    for image in _inspect(ImageInspector(reader, settings), lines):
        images.append(image)
        progress(len(images), len(lines))
    if settings.groups_of and not any(image.groups for image in images):
        raise InputError(
            f'{root}: none of the {len(images)} images belongs to a clip or '
            f'subject by the given rule; compare it with an id such as '
            f'{images[0].image_id!r} and its annotation'
        )

    by_gravity = _tests_first(splits, images)
    faults = [
        *_repetitions(root, listed),
        *(fault for image in images for fault in image.faults),
        *copy_faults(by_gravity, settings.near_distance),
        *group_faults(by_gravity),
    ]
    order = list(FaultKind).index
    return DatasetCheck(
        root=root,
        splits=splits,
        settings=settings,
        images=tuple(images),
        faults=tuple(sorted(faults, key=lambda fault: order(fault.kind))),
        statistics=tuple(
            SetStatistics.of(
                name,
                [image for image in images if image.split == name],
                settings,
            )
            for name in splits
        ),
        shared=shared_groups(splits, images),
    )


def _tests_first(
    splits: Sequence[str], images: Sequence[CheckedImage]
) -> list[CheckedImage]:
    """The images split by split, in the order in which they may stay."""
    rank = {name: -number for number, name in enumerate(splits)}
    return sorted(images, key=lambda image: rank[image.split])


def _inspect(
    inspector: ImageInspector, lines: Sequence[tuple[str, str]]
) -> Iterator[CheckedImage]:
    """Inspects in threads: decoding and hashing, most of it, run abreast."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(lines), _AHEAD):
            batch = lines[start : start + _AHEAD]
            yield from pool.map(lambda line: inspector.inspect(*line), batch)


def _repetitions(root: Path, listed: dict[str, list[str]]) -> Iterator[Finding]:
    for name, ids in listed.items():
        for image_id, count in Counter(ids).items():
            if count > 1:
                yield Finding(
                    FaultKind.REPEATED_ID,
                    name,
                    image_id,
                    f'{split_path(root, name)} lists it {count} times',
                )


def corrected_splits(check: DatasetCheck) -> dict[str, list[str]]:
    """Chooses the images that may stay.

    Images that `FERVOCDataset` would refuse go, of copies the first stays,
    and what two splits share stays in the later one, which tests. Tiny boxes
    and faces without a label are for an annotator to mend: their images stay.

    Returns:
        The ids of each split, in the order of its file.
    """
    kept = {name: [] for name in check.splits}
    index = PictureIndex(len(check.images), check.settings.near_distance)
    split_of_group: dict[str, str] = {}
    for image in _tests_first(check.splits, check.images):
        if (
            image.is_usable
            and index.find(image) is None
            and all(
                split_of_group.get(group, image.split) == image.split
                for group in image.groups
            )
        ):
            kept[image.split].append(image.image_id)
            index.add(image)
            split_of_group.update(dict.fromkeys(image.groups, image.split))
    return kept


def write_corrected_splits(check: DatasetCheck) -> list[Path]:
    """Writes `<split>.checked.txt` beside each split file.

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
        path = split_path(check.root, f'{name}.{_CORRECTED}')
        try:
            write_split(path, ids)
        except OSError as error:
            raise InputError(
                f'{path}: cannot be written ({error.strerror or error}); make '
                'its folder writable, or copy ImageSets elsewhere'
            ) from None
        written.append(path)
    return written
