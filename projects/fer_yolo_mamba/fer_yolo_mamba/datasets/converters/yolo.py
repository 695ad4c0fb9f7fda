"""Converts sets in the layout of the YOLO family from and to VOC sets.

A label file has a line `class cx cy width height` for each face, all but the
class as shares of the image's width or height.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...inputs import MOST_YAML, quoted, read_text, shown, whole_number
from ..images import IMAGE_SUFFIXES, image_size
from ..voc_xml import VOCObject
from .export import VOCSet, link_export, write_export
from .records import (
    ImageStream,
    LabelledImage,
    Remark,
    Skipped,
    SkippedFace,
    expression_named,
    make_face,
    numbers_of,
)
from .release import walk

_SPLITS = ('train', 'val', 'test')

_REMEDY = 'give the data.yaml or classes.txt of a set for YOLO'

# Keeps whole pixels whole: shares in double precision lose less than this.
_PIXEL_DIGITS = 9


def read_yolo(
    description: str | os.PathLike, classes: Sequence[str] = EXPRESSIONS
) -> ImageStream:
    """Reads a set by its `data.yaml`, or by `classes.txt` beside its images.

    >>> write_voc_set(read_yolo('downloads/faces/data.yaml'), 'data/mine')

    Args:
        description: `data.yaml` names the classes and, for each of `train`,
            `val` and `test`, a folder of images or a list of their paths;
            the labels of `…/images/a.jpg` are in `…/labels/a.txt`.
            `classes.txt` has one class name a line, and the images and
            labels lie in its folder; all of them are for training.
        classes: The classes; which the description has in whatever order.

    Returns:
        The images; their ids are their paths below the folder of their
        split, with the name of the split in front where two splits use one
        path for different images.

    Raises:
        InputError: The description or a part of the set is missing or
            malformed, or not a single image has labels.
    """
    description = Path(description).absolute()
    if description.suffix == '.txt':
        names = dict(enumerate(_read_lines(description)))
        places = {'train': [description.parent]}
    else:
        names, places = _read_yaml(description)
    images = [
        (split, below, path)
        for split, found in places.items()
        for place in found
        for below, path in _images_of(place)
    ]
    if not any(os.path.isfile(_label_path(path)) for *_, path in images):
        raise InputError(
            f'{description}: none of its {len(images)} images has a label '
            'file; put labels/ beside images/'
        )
    # Links to one image, as `write_yolo` makes them, are one image.
    files = {(below, os.path.realpath(path)) for _, below, path in images}
    unique = len(files) == len({below for below, _ in files})
    return ImageStream(
        images=(
            _read_image(
                below if unique else f'{split}/{below}',
                path,
                split,
                names,
                classes,
            )
            for split, below, path in images
        ),
        total=len(images),
        origin={'format': 'YOLO', 'description': str(description)},
        classes=tuple(classes),
    )


def _read_yaml(path: Path) -> tuple[dict[int, str], dict[str, list[Path]]]:
    """The class names by number, and for each split where its images are."""
    text = read_text(path, _REMEDY, MOST_YAML)
    try:
        content = yaml.safe_load(text)
        names = content['names']
        if not isinstance(names, dict):
            names = dict(enumerate(names))
        names = {int(number): _word(name) for number, name in names.items()}
        root = path.parent / _word(content.get('path') or '')
        given = {
            split: list(map(_word, _listed(content.get(split) or [])))
            for split in _SPLITS
        }
    except (
        yaml.YAMLError,
        ArithmeticError,
        AttributeError,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise InputError(
            f'{path}: does not describe a set for YOLO '
            f'({shown([" ".join(str(error).split())])}); it needs "names", '
            'and "train" or "val" with folders of images'
        ) from None
    places = {
        split: [_place(root, place, path) for place in places]
        for split, places in given.items()
    }
    return names, places


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def _word(value: object) -> str:
    """A single value as text; what holds others may hold billions."""
    if isinstance(value, (list, dict, set, tuple)):
        raise TypeError('a list where one word should be')
    return str(value)


def _place(root: Path, given: str, description: Path) -> Path:
    # Roboflow writes ../train/images where it means train/images.
    for place in (root / given, root / given.removeprefix('../')):
        if os.path.exists(place):
            return Path(os.path.normpath(place))
    raise InputError(
        f'{description}: there is no {shown([str(root / given)])}; correct '
        'the path'
    )


def _images_of(place: Path) -> list[tuple[str, Path]]:
    """The images in a folder, or those that a text file lists.

    Each comes after its path, without suffix, below the folder that holds all
    of them.
    """
    if place.is_dir():
        root = place
        paths = [
            folder / name
            for folder, names in walk(place)
            for name in names
            if os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES
        ]
    else:
        lines = _read_lines(place)
        for line in lines:
            if os.path.splitext(line)[1].lower() not in IMAGE_SUFFIXES:
                raise InputError(
                    f'{place}: the line {quoted(line)} names no image; write '
                    'the path of one on each line'
                )
        paths = [Path(os.path.normpath(place.parent / line)) for line in lines]
        root = os.path.commonpath([path.parent for path in paths] or [place])
    return sorted(
        (path.with_suffix('').relative_to(root).as_posix(), path)
        for path in paths
    )


def _read_lines(path: Path) -> list[str]:
    lines = map(str.strip, read_text(path, _REMEDY).splitlines())
    return [line for line in lines if line]


def _label_path(image: Path) -> Path:
    """In `labels` for the last `images` of the path, or beside the image."""
    beside = image.with_suffix('.txt')
    above, _, below = beside.as_posix().rpartition('/images/')
    label = Path(f'{above}/labels/{below}')
    return label if os.path.isfile(label) else beside


def _read_image(
    image_id: str,
    path: Path,
    split: str,
    names: Mapping[int, str],
    classes: Sequence[str],
) -> LabelledImage:
    size = image_size(path) if os.path.isfile(path) else None
    if size is None:
        why = Skipped.UNREADABLE if os.path.isfile(path) else Skipped.NO_IMAGE
        return LabelledImage(image_id, why, (split,))
    faces, remarks = (), ()
    label_path = _label_path(path)
    if os.path.isfile(label_path):
        faces = tuple(
            parse_face(line.split(), names, size, classes)
            for line in _read_lines(label_path)
        )
    else:
        remarks = ((Remark.NO_LABEL_FILE, ''),)
    source = Path(os.path.realpath(path))
    return LabelledImage(image_id, source, (split,), faces, remarks=remarks)


def parse_face(
    words: Sequence[str],
    names: Mapping[int, str],
    size: tuple[int, int],
    classes: Sequence[str] = EXPRESSIONS,
) -> VOCObject | SkippedFace:
    """Reads a line: class, centre, width and height as shares of `size`."""
    label, *shares = words
    name = names.get(whole_number(label))
    expression = None if name is None else expression_named(name, classes)
    box = numbers_of(shares)
    if box is not None:
        cx, cy, width, height = box
        corners = (
            (cx - width / 2) * size[0],
            (cy - height / 2) * size[1],
            (cx + width / 2) * size[0],
            (cy + height / 2) * size[1],
        )
        box = tuple(round(corner, _PIXEL_DIGITS) for corner in corners)
    return make_face(expression, name or label, box, ' '.join(words))


def write_yolo(
    voc_set: VOCSet, out: str | os.PathLike, splits: Sequence[str] | None = None
) -> list[Path]:
    """Writes a VOC set for YOLO: `images/<split>/`, `labels/<split>/`.

    Boxes come back to within a millionth of a pixel; flags and attributes of
    faces have no place in the layout. The images are symbolic links.

    >>> write_yolo(VOCSet('data/rafdb'), 'yolo')
    [PosixPath('/home/me/yolo/data.yaml')]

    Args:
        voc_set: The set.
        out: Folder of the result.
        splits: Those to write; all by default.

    Returns:
        The file to train with, `data.yaml`, which is written last.

    Raises:
        InputError: The set has a fault, or another file is in the way.
        OSError: The folder cannot be written.
    """
    out = Path(out).absolute()
    splits = voc_set.splits(splits)
    for split in splits:
        for image in voc_set.images(split):
            name = f'{image.image_id}{image.path.suffix}'
            link_export(out / 'images' / split / name, image.path)
            size = (image.width, image.height)
            lines = (
                format_face(face, *size, voc_set.classes)
                for face in image.faces
            )
            label_path = out / 'labels' / split / f'{image.image_id}.txt'
            write_export(label_path, ''.join(lines))
    description = {
        'path': str(out),
        **{split: f'images/{split}' for split in splits},
        'names': dict(enumerate(voc_set.classes)),
    }
    text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True)
    write_export(out / 'data.yaml', text)
    return [out / 'data.yaml']


def format_face(
    face: VOCObject,
    width: int,
    height: int,
    classes: Sequence[str] = EXPRESSIONS,
) -> str:
    """Writes a face in an image of a size in pixels as a line for YOLO."""
    x1, y1, x2, y2 = face.bbox
    shares = (
        (x1 + x2) / 2 / width,
        (y1 + y2) / 2 / height,
        (x2 - x1) / width,
        (y2 - y1) / height,
    )
    label = classes.index(face.name)
    return ' '.join([str(label), *map(repr, shares)]) + '\n'
