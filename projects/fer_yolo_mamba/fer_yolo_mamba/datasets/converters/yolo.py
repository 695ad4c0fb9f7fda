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
from ..images import image_size
from ..voc_xml import VOCObject
from .boxes import parse_numbers
from .export_file import link_export, write_export
from .fault import Fault
from .image_source import LocalImage
from .image_stream import ImageStream
from .label import expression_named
from .labelled_image import LabelledImage
from .remark import Remark
from .voc_set import VOCSet
from .yolo_description import images_of, read_classes, read_text, read_yaml

# Keeps whole pixels whole: shares in double precision lose less than this.
_PIXEL_DIGITS = 9


def read_yolo(description: str | os.PathLike) -> ImageStream:
    """Reads a set by its `data.yaml`, or by `classes.txt` beside its images.

    >>> write_voc_set(read_yolo('downloads/faces/data.yaml'), 'data/mine')

    Args:
        description: `data.yaml` names the classes and, for each of `train`,
            `val` and `test`, a folder of images or a list of their paths;
            the labels of `…/images/a.jpg` are in `…/labels/a.txt`.
            `classes.txt` has one class name a line, and the images and
            labels lie in its folder; all of them are for training.

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
        names = read_classes(description)
        places = {'train': [description.parent]}
    else:
        names, places = read_yaml(description)
    images = [
        (split, below, path)
        for split, found in places.items()
        for place in found
        for below, path in images_of(place)
    ]
    if not any(_label_path(path).is_file() for *_, path in images):
        raise InputError(
            f'{description}: none of its {len(images)} images has a label '
            'file; put labels/ beside images/'
        )
    # Links to one image, as `write_yolo` makes them, are one image.
    files = {below: os.path.realpath(path) for _, below, path in images}
    unique = all(
        files[below] == os.path.realpath(path) for _, below, path in images
    )
    return ImageStream(
        images=(
            _read_image(
                below if unique else f'{split}/{below}', path, split, names
            )
            for split, below, path in images
        ),
        total=len(images),
        origin={'format': 'YOLO', 'description': str(description)},
    )


def _label_path(image: Path) -> Path:
    """In `labels` for the last `images` of the path, or beside the image."""
    label = image.with_suffix('.txt')
    parts = list(label.parts)
    if 'images' in parts:
        parts[len(parts) - 1 - parts[::-1].index('images')] = 'labels'
    return Path(*parts) if Path(*parts).is_file() else label


def _read_image(
    image_id: str, path: Path, split: str, names: Mapping[int, str]
) -> LabelledImage:
    size = image_size(path) if path.is_file() else None
    if size is None:
        fault = Fault.UNREADABLE if path.is_file() else Fault.NO_IMAGE
        return LabelledImage(image_id, None, (split,), faults=((fault, ''),))
    faces, faults, remarks = [], [], ()
    label_path = _label_path(path)
    if label_path.is_file():
        for line in read_text(label_path).splitlines():
            if line.strip():
                face = parse_face(line.split(), names, size)
                is_face = isinstance(face, VOCObject)
                (faces if is_face else faults).append(face)
    else:
        remarks = ((Remark.NO_LABEL_FILE, ''),)
    return LabelledImage(
        image_id=image_id,
        source=LocalImage(Path(os.path.realpath(path))),
        splits=(split,),
        faces=tuple(faces),
        faults=tuple(faults),
        remarks=remarks,
    )


def parse_face(
    words: Sequence[str], names: Mapping[int, str], size: tuple[int, int]
) -> VOCObject | tuple[Fault, str]:
    """Reads the words of a line.

    Args:
        words: Class, centre, width and height.
        names: Class names by number.
        size: (width, height) of the image in pixels.

    Returns:
        The face, or what is wrong with it.
    """
    label, *shares = words
    numbers = parse_numbers(shares, 4)
    if numbers is None:
        return Fault.BAD_BOX, ' '.join(words)
    name = names.get(int(label)) if label.isdecimal() else None
    if name is None:
        return Fault.UNKNOWN_LABEL, label
    expression = expression_named(name)
    if expression is None:
        return Fault.UNKNOWN_LABEL, name
    cx, cy, width, height = numbers
    corners = (
        (cx - width / 2) * size[0],
        (cy - height / 2) * size[1],
        (cx + width / 2) * size[0],
        (cy + height / 2) * size[1],
    )
    box = tuple(round(corner, _PIXEL_DIGITS) for corner in corners)
    return VOCObject(expression, box)


def write_yolo(
    voc_set: VOCSet,
    out: str | os.PathLike,
    splits: Sequence[str] | None = None,
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
        InputError: The set has a fault, or the folder cannot be written.
    """
    out = Path(out).absolute()
    splits = voc_set.splits(splits)
    for split in splits:
        for image in voc_set.images(split):
            name = f'{image.image_id}{image.path.suffix}'
            link_export(out / 'images' / split / name, image.path)
            write_export(
                out / 'labels' / split / f'{image.image_id}.txt',
                ''.join(
                    format_face(face, image.width, image.height)
                    for face in image.faces
                ),
            )
    description = {
        'path': str(out),
        **{split: f'images/{split}' for split in splits},
        'names': dict(enumerate(EXPRESSIONS)),
    }
    text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True)
    write_export(out / 'data.yaml', text)
    return [out / 'data.yaml']


def format_face(face: VOCObject, width: int, height: int) -> str:
    """Writes a face as a line of a label file.

    Args:
        face: With a canonical name.
        width: Image width in pixels.
        height: Image height in pixels.

    Returns:
        The line.
    """
    x1, y1, x2, y2 = face.bbox
    shares = (
        (x1 + x2) / 2 / width,
        (y1 + y2) / 2 / height,
        (x2 - x1) / width,
        (y2 - y1) / height,
    )
    label = EXPRESSIONS.index(face.name)
    return ' '.join([str(label), *map(repr, shares)]) + '\n'
