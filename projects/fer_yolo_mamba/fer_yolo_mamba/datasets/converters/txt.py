"""Converts lists of boxes (`box_list`) from and to VOC sets."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path, PureWindowsPath

from .box_list import BoxLine, format_box_line, read_box_list
from .export_file import write_export
from .fault import Fault
from .image_source import ImageSource, LocalImage
from .image_stream import ImageStream
from .labelled_image import LabelledImage
from .release_folder import ReleaseFolder
from .stem_index import StemIndex
from .voc_set import VOCSet

_Found = tuple[str, ImageSource]
_Finder = Callable[[str], _Found | Fault]


def read_txt(
    lists: Mapping[str, str | os.PathLike],
    images: str | os.PathLike | None = None,
) -> ImageStream:
    """Reads lists of boxes.

    >>> write_voc_set(read_txt({'train': 'train.txt'}), 'data/mine')

    Args:
        lists: The list of each split.
        images: Folder or zip of the images. Paths that lead nowhere below it,
            as those of another machine, are found by their names alone, in
            any image format. Without it paths count from the folder of their
            list.

    Returns:
        The images; their ids are their paths below `images`, or below the
        innermost folder that holds all of them.

    Raises:
        InputError: A list or the folder is missing or unreadable.
    """
    lines = [
        (split, line, Path(path).absolute().parent)
        for split, path in lists.items()
        for line in read_box_list(path)
    ]
    origin = {
        'format': 'list of boxes',
        'lists': {s: str(Path(path).absolute()) for s, path in lists.items()},
    }
    if images is None:
        lines = [
            (split, replace(line, path=os.path.normpath(folder / line.path)))
            for split, line, folder in lines
        ]
        find = _finder_by_path([line.path for _, line in lines])
    else:
        lines = [(split, line) for split, line, _ in lines]
        root = ReleaseFolder(images)
        find = _finder_below(root)
        origin['images'] = str(root.path)
    return ImageStream(
        images=(_read_image(line, split, find) for split, line in lines),
        total=len(lines),
        origin=origin,
    )


def _finder_by_path(paths: Sequence[str]) -> _Finder:
    common = Path(os.path.commonpath([os.path.dirname(p) for p in paths]))

    def find(path: str) -> _Found | Fault:
        if not os.path.isfile(path):
            return Fault.NO_IMAGE
        below = os.path.relpath(path, common)
        return Path(below).as_posix(), LocalImage(Path(path))

    return find


def _finder_below(root: ReleaseFolder) -> _Finder:
    folder = root.root()
    by_name = cache(lambda: StemIndex(root.files()))

    def find(path: str) -> _Found | Fault:
        below = path
        if Path(path).is_relative_to(root.path):
            below = Path(path).relative_to(root.path).as_posix()
        source = folder.find(below)
        if source and not os.path.isabs(below):
            return below, source
        found = by_name().find(PureWindowsPath(path).stem)
        if len(found) != 1:
            return Fault.SEVERAL_IMAGES if found else Fault.NO_IMAGE
        return str(found[0][0]), found[0][1]

    return find


def _read_image(line: BoxLine, split: str, find: _Finder) -> LabelledImage:
    found = find(line.path)
    if isinstance(found, Fault):
        stem = PureWindowsPath(line.path).stem
        return LabelledImage(stem, None, (split,), faults=((found, ''),))
    path, source = found
    return LabelledImage(
        image_id=os.path.splitext(path)[0],
        source=source,
        splits=(split,),
        faces=line.faces,
        faults=line.faults,
    )


def write_txt(
    voc_set: VOCSet,
    out: str | os.PathLike,
    splits: Sequence[str] | None = None,
) -> list[Path]:
    """Writes a list of boxes for each split of a VOC set.

    The boxes come back as they were, to the last digit; flags and attributes
    of faces have no place in the lists.

    >>> write_txt(VOCSet('data/rafdb'), 'lists')
    [PosixPath('lists/test.txt'), PosixPath('lists/train.txt')]

    Args:
        voc_set: The set.
        out: Folder of the lists.
        splits: Those to write; all by default.

    Returns:
        The lists.

    Raises:
        InputError: The set has a fault, or the folder cannot be written.
    """
    paths = []
    for split in voc_set.splits(splits):
        lines = _lines(voc_set, split)
        paths.append(Path(out, f'{split}.txt'))
        write_export(paths[-1], ''.join(f'{line}\n' for line in lines))
    return paths


def _lines(voc_set: VOCSet, split: str) -> Iterator[str]:
    for image in voc_set.images(split):
        yield format_box_line(image.path, image.faces)
