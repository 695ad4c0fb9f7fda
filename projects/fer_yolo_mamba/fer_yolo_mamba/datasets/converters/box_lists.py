"""Converts lists of boxes from and to VOC sets.

A list has a line `path x1,y1,x2,y2,class …` for each image. The authors of
FER-YOLO-Mamba list SFEW's faces in this form. Classes are numbered from 0 in
their order; coordinates are 0-based. A path may hold spaces.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path, PurePath, PureWindowsPath

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...inputs import read_text
from ..voc_xml import VOCObject
from .export import VOCSet, write_export
from .records import (
    ImageStream,
    LabelledImage,
    Skipped,
    SkippedFace,
    expression_of,
    make_face,
    numbers_of,
)
from .release import Release, image_of_stem, images_by_stem

#: In the names of files that are not UTF-8.
_SURROGATES = re.compile('[\ud800-\udfff]')
_BOX = re.compile(r'[^\s,]+(,[^\s,]+){3},-?\d+')
# With a name in place of the number, or nothing.
_BOX_WITHOUT_CLASS = re.compile(r'[-+.\de]+(,[-+.\de]+){3}(,\w*)?', re.I)


@dataclass(frozen=True)
class BoxLine:
    """One line.

    Attributes:
        path: The image as written, with either kind of slash.
        faces: The faces, or what is wrong with them.
    """

    path: str
    faces: tuple[VOCObject | SkippedFace, ...]

    @property
    def stem(self) -> str:
        """The name of the image without its suffix."""
        return PureWindowsPath(self.path).stem  # knows both kinds of slash


def read_txt(
    lists: Mapping[str, str | os.PathLike],
    images: str | os.PathLike | None = None,
    classes: Sequence[str] = EXPRESSIONS,
) -> ImageStream:
    """Reads lists of boxes.

    >>> write_voc_set(read_txt({'train': 'train.txt'}), 'data/mine')

    Args:
        lists: The list of each split.
        images: Folder or zip of the images. Paths that lead nowhere below it,
            as those of another machine, are found by their names alone, in
            any image format. Without it paths count from the folder of their
            list.
        classes: The classes, by whose order the lists number them.

    Returns:
        The images; their ids are their paths below `images`, or below the
        innermost folder that holds all of them.

    Raises:
        InputError: A list or the folder is missing or unreadable.
    """
    paths = {split: Path(path).absolute() for split, path in lists.items()}
    lines = [
        (split, line)
        for split, path in paths.items()
        for line in read_box_list(path, dict(enumerate(classes)))
    ]
    origin = {
        'format': 'list of boxes',
        'lists': {split: str(path) for split, path in paths.items()},
    }
    if images is None:
        files = [
            Path(os.path.normpath(paths[split].parent / line.path))
            for split, line in lines
        ]
        root = Path(os.path.commonpath([file.parent for file in files]))
        by_stem = dict
    else:
        release = Release(images)
        root = release.path
        files = [root / line.path for _, line in lines]
        by_stem = cache(lambda: images_by_stem(release.files()))
        origin['images'] = str(root)

    def read_image(split: str, line: BoxLine, file: Path) -> LabelledImage:
        image_id, source = line.stem, file
        if not (file.is_relative_to(root) and os.path.isfile(file)):
            source = image_of_stem(by_stem(), line.stem)
        if isinstance(source, Path):
            image_id = os.path.splitext(source.relative_to(root).as_posix())[0]
        return LabelledImage(image_id, source, (split,), line.faces)

    return ImageStream(
        images=(
            read_image(*line, file)
            for line, file in zip(lines, files, strict=True)
        ),
        total=len(lines),
        origin=origin,
        classes=tuple(classes),
    )


def read_box_list(
    path: str | os.PathLike, labels: Mapping[int, str]
) -> list[BoxLine]:
    """Reads the lines of a list, in order and without the blank ones.

    Args:
        path: The list.
        labels: The class that each number stands for.

    Raises:
        InputError: The file cannot be read, or no image is in it.
    """
    remedy = 'give a list with "path x1,y1,x2,y2,class …" on each line'
    text = read_text(Path(path), remedy)
    lines = [_parse(line, labels) for line in text.split('\n') if line.strip()]
    if not lines:
        raise InputError(f'{path}: is empty; {remedy}')
    return lines


def _split(line: str) -> tuple[str, list[str]]:
    """The path, and the texts of the boxes that end the line."""
    words = line.split()
    is_box = (
        _BOX.fullmatch(word) or _BOX_WITHOUT_CLASS.fullmatch(word)
        for word in reversed(words[1:])
    )
    count = sum(1 for _ in takewhile(bool, is_box))
    path = line.strip().rsplit(maxsplit=count)[0]
    return path, words[len(words) - count :]


def _parse(line: str, labels: Mapping[int, str]) -> BoxLine:
    path, boxes = _split(line)
    faces = []
    for text in boxes:
        if not _BOX.fullmatch(text):
            faces.append(SkippedFace(Skipped.NO_CLASS, text))
            continue
        *corners, label = text.split(',')
        expression = expression_of(label, labels)
        faces.append(make_face(expression, label, numbers_of(corners), text))
    return BoxLine(path, tuple(faces))


def write_txt(
    voc_set: VOCSet, out: str | os.PathLike, splits: Sequence[str] | None = None
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
        InputError: The set has a fault, or another file is in the way.
        OSError: The folder cannot be written.
    """
    paths = []
    for split in voc_set.splits(splits):
        lines = [
            format_box_line(image.path, image.faces, voc_set.classes)
            for image in voc_set.images(split)
        ]
        paths.append(Path(out, f'{split}.txt'))
        write_export(paths[-1], ''.join(f'{line}\n' for line in lines))
    return paths


def format_box_line(
    path: PurePath,
    faces: Iterable[VOCObject],
    classes: Sequence[str] = EXPRESSIONS,
) -> str:
    """Writes the line of an image, so that it is read back as it was.

    Raises:
        InputError: The path would not be read back.
    """
    boxes = (_format_face(face, classes) for face in faces)
    line = ' '.join([str(path), *boxes])
    if (
        [line] != line.splitlines()
        or _split(line)[0] != str(path)
        or _SURROGATES.search(line)
    ):
        raise InputError(
            f'{str(path)!r}: this path cannot stand in a list of boxes; '
            'rename the file or folder'
        )
    return line


def _format_face(face: VOCObject, classes: Sequence[str]) -> str:
    # Whole numbers without a point, all digits of others.
    numbers = (repr(float(edge)).removesuffix('.0') for edge in face.bbox)
    return ','.join([*numbers, str(classes.index(face.name))])
