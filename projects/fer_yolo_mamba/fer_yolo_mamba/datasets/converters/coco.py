"""Converts COCO's JSON files from and to VOC sets.

A box is [x, y, width, height] there. Files written here also keep the flags
and attributes of a face, under names of their own, as COCO allows.
"""

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...inputs import parse_json, read_text, shown
from ..voc_xml import OWN_TAGS, XML_CHARACTERS, VOCObject, is_set
from .export import VOCSet, write_export
from .records import (
    ImageStream,
    Skipped,
    SkippedFace,
    expression_named,
    make_face,
    sized_box,
)
from .release import Release, image_in

_FIRST_CATEGORY = 1  # COCO counts from 1
_NOT_IN_XML = re.compile(f'[^{XML_CHARACTERS}]')


def read_coco(
    files: Mapping[str, str | os.PathLike],
    images: str | os.PathLike,
    classes: Sequence[str] = EXPRESSIONS,
) -> ImageStream:
    """Reads COCO files whose categories are expressions, in any spelling.

    >>> stream = read_coco({'train': 'train.json'}, 'images')
    >>> write_voc_set(stream, 'data/mine')

    Args:
        files: The JSON file of each split.
        images: Folder or zip that the file names count from.
        classes: The classes.

    Returns:
        The images; their ids are their file names without suffix.

    Raises:
        InputError: A file or the folder is missing or no such thing.
    """
    entries = [
        (split, *entry)
        for split, path in files.items()
        for entry in _load(Path(path), classes)
    ]
    folder = Release(images).path
    return ImageStream(
        images=(
            image_in(folder, file_name, split, faces=tuple(faces), size=size)
            for split, file_name, size, faces in entries
        ),
        total=len(entries),
        origin={
            'format': 'COCO',
            'files': {s: str(Path(p).absolute()) for s, p in files.items()},
            'images': str(folder),
        },
        classes=tuple(classes),
    )


def _load(
    path: Path, classes: Sequence[str]
) -> list[tuple[str, tuple[int, int] | None, list]]:
    """File name, size where it is given, and faces of each image."""
    text = read_text(path, 'give a COCO file')
    try:
        content = parse_json(text)
        categories = _by_id('category', content['categories'])
        names = {key: str(each['name']) for key, each in categories.items()}
        entries = {
            key: (
                str(each['file_name']).replace('\\', '/'),
                _size_of(each),
                [],
            )
            for key, each in _by_id('image', content['images']).items()
        }
        for each in content['annotations']:
            *_, faces = entries[each['image_id']]
            name = names[each['category_id']]
            faces.append(_read_face(each, name, classes))
    except InputError as error:
        raise InputError(f'{path}: {error}') from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f'{path}: is no COCO file of boxes ({type(error).__name__}: '
            f'{shown([str(error)])}); it needs "images", "annotations" and '
            '"categories" that refer to each other'
        ) from None
    return list(entries.values())


def _by_id(what: str, listed: Sequence[Mapping]) -> dict[object, Mapping]:
    """Images or categories by their ids, each of which may be there once."""
    found = {}
    for each in listed:
        if each['id'] in found:
            raise InputError(
                f'{what} id {shown([str(each["id"])])} is there twice, so that '
                f'nobody can tell which one a box means: give each {what}, and '
                'the boxes that are its, an id of its own.'
            )
        found[each['id']] = each
    return found


def _size_of(image: Mapping) -> tuple[int, int] | None:
    """(width, height) in pixels; None where they are not both given.

    Some tools write 0 or null for what they have not looked at.
    """
    size = image.get('width'), image.get('height')
    return size if all(isinstance(n, int) and n > 0 for n in size) else None


def _read_face(
    annotation: Mapping, name: str, classes: Sequence[str]
) -> VOCObject | SkippedFace:
    if is_set(annotation.get('iscrowd')):
        return SkippedFace(Skipped.CROWD, name)
    return make_face(
        expression_named(name, classes),
        name,
        sized_box(annotation['bbox']),
        str(annotation['bbox']),
        difficult=is_set(annotation.get('difficult')),
        truncated=is_set(annotation.get('truncated')),
        attributes=_xml_facts(annotation.get('attributes') or {}),
    )


def _xml_facts(attributes: Mapping) -> dict[str, str]:
    """Attributes as XML can hold them: plain names, one line of text."""
    facts = {}
    for name, value in attributes.items():
        tag = re.sub(r'[^\w.-]', '_', str(name), flags=re.ASCII)
        if not re.match('[A-Za-z_]', tag) or tag in OWN_TAGS:
            tag = f'_{tag}'
        facts[tag] = _NOT_IN_XML.sub(' ', str(value)).strip()
    return facts


def write_coco(
    voc_set: VOCSet, out: str | os.PathLike, splits: Sequence[str] | None = None
) -> list[Path]:
    """Writes a COCO file for each split of a VOC set.

    The boxes come back as they were, to a unit in the last place (see
    `extent`), and flags and attributes are kept. The file names count from
    the set's `JPEGImages/`; categories are numbered from 1 in the order of
    the set's classes.

    >>> write_coco(VOCSet('data/rafdb'), 'coco')
    [PosixPath('coco/test.json'), PosixPath('coco/train.json')]

    Args:
        voc_set: The set.
        out: Folder of the files.
        splits: Those to write; all by default.

    Returns:
        The files.

    Raises:
        InputError: The set has a fault, or another file is in the way.
        OSError: The folder cannot be written.
    """
    paths = []
    for split in voc_set.splits(splits):
        paths.append(Path(out, f'{split}.json'))
        text = json.dumps(_content(voc_set, split), ensure_ascii=False)
        write_export(paths[-1], text + '\n')
    return paths


def _content(voc_set: VOCSet, split: str) -> dict:
    images, annotations = [], []
    for number, image in enumerate(voc_set.images(split), start=1):
        path = image.path.relative_to(voc_set.images_folder)
        images.append(
            {
                'id': number,
                'file_name': path.as_posix(),
                'width': image.width,
                'height': image.height,
            }
        )
        for face in image.faces:
            x1, y1, x2, y2 = face.bbox
            width, height = extent(x1, x2), extent(y1, y2)
            annotations.append(
                {
                    'id': len(annotations) + 1,
                    'image_id': number,
                    'category_id': voc_set.classes.index(face.name)
                    + _FIRST_CATEGORY,
                    'bbox': [x1, y1, width, height],
                    'area': width * height,
                    'iscrowd': 0,
                    'difficult': int(face.difficult),
                    'truncated': int(face.truncated),
                    'attributes': dict(face.attributes),
                }
            )
    return {
        'images': images,
        'annotations': annotations,
        'categories': [
            {'id': number, 'name': name, 'supercategory': 'face'}
            for number, name in enumerate(
                voc_set.classes, start=_FIRST_CATEGORY
            )
        ],
    }


def extent(start: float, end: float) -> float:
    """The length that, added to `start`, 0 or more, gives `end`, if any does.

    The rounded difference may miss the end by one unit in the last place.
    Mostly a number beside it does not; where the start lies half-way between
    two numbers as coarse as the end, every length does.
    """
    length = end - start
    beside = (math.nextafter(length, 0), math.nextafter(length, math.inf))
    fitting = [near for near in (length, *beside) if start + near == end]
    return fitting[0] if fitting else length
