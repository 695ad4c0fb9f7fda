"""Reads and writes one image's annotation in the VOC format.

Nothing else in this project opens or builds such a file. Coordinates pass
through as they are written, be they counted from 0 or from 1, whole or not;
`FERVOCDataset` interprets them.
"""

import hashlib
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from defusedxml.ElementTree import ParseError, fromstring

from ..errors import InputError
from ..files import write_atomically
from ..inputs import MOST_XML, quoted, read_bounded, shown, whole_number

_CORNERS = ('xmin', 'ymin', 'xmax', 'ymax')
#: What an object has of its own; every other child is an attribute.
OWN_TAGS = ('name', 'truncated', 'difficult', 'bndbox')
_TAG = re.compile(r'[A-Za-z_][\w.-]*', re.ASCII)
#: What XML 1.0 can hold, less tabs and line breaks, which parsers alter.
XML_CHARACTERS = '\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff'
_ONE_LINE = re.compile(f'[{XML_CHARACTERS}]*')
_YES = ('true', 'yes')


@dataclass(frozen=True)
class VOCObject:
    """One annotated face.

    Attributes:
        name: Class name as written.
        bbox: (x1, y1, x2, y2) in pixels, as written.
        difficult: Whether the annotator marked it as hard to recognise.
        truncated: Whether the face continues outside the box.
        attributes: Further one-line facts about the face (gender, age, pose),
            each stored as a child element of that name.
    """

    name: str
    bbox: tuple[float, float, float, float]
    difficult: bool = False
    truncated: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VOCAnnotation:
    """All that is known about one image.

    Attributes:
        filename: Name of the image file.
        width: Image width in pixels; 0 where it is not given.
        height: Image height in pixels; likewise.
        depth: Number of channels of the image file.
        objects: The faces, possibly none.
    """

    filename: str
    width: int
    height: int
    depth: int = 3
    objects: tuple[VOCObject, ...] = ()


def read_voc_xml(path: str | os.PathLike) -> VOCAnnotation:
    """Reads an annotation.

    White space around a text is dropped. A missing `<filename>` reads as '',
    and a size that is missing, empty or 0, as labelImg leaves it at times, as
    not given. Flags and `<depth>`, which decide nothing, are read as far as
    they can be (`is_set`): a depth that is no number is 3. Elements that
    `VOCAnnotation` has no place for (`<source>`, nested `<part>`s) are passed
    over, and of a repeated attribute the last is taken.

    Args:
        path: The XML file.

    Returns:
        The annotation, coordinates as written.

    Raises:
        InputError: The file is missing, too large or no VOC annotation, a
            box in it is missing, or a number is none.
    """
    try:
        root = fromstring(read_bounded(path, MOST_XML))
    except FileNotFoundError:
        raise InputError(
            f'{path}: there is no such annotation; an image without a face '
            'needs one too, without <object>'
        ) from None
    except OSError as error:
        raise InputError(
            f'{path}: cannot be read ({error.strerror or error}); write the '
            'annotation anew'
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        # ValueError: defusedxml refuses entities; LookupError: encodings.
        raise InputError(f'{path}: not well-formed XML ({error})') from None
    if root.tag != 'annotation':
        raise InputError(
            f'{path}: the outermost element is <{shown([root.tag])}> where a '
            'VOC file has <annotation>'
        )
    top = _Node(root, f'{path}:')
    size = root.find('size')
    size = _Node(Element('size') if size is None else size, f'{path}: <size>')
    return VOCAnnotation(
        filename=top.text('filename'),
        width=size.count('width'),
        height=size.count('height'),
        depth=size.depth(),
        objects=tuple(
            _read_object(_Node(element, f'{path}: <object> {number}'))
            for number, element in enumerate(root.findall('object'), start=1)
        ),
    )


def _read_object(node: '_Node') -> VOCObject:
    name = node.child('name').element.text
    if not (name or '').strip():
        raise InputError(f'{node.where} <name> is empty')
    box = node.child('bndbox')
    return VOCObject(
        name=name.strip(),
        bbox=tuple(box.number(tag) for tag in _CORNERS),
        difficult=node.flag('difficult'),
        truncated=node.flag('truncated'),
        attributes={
            child.tag: (child.text or '').strip()
            for child in node.element
            if child.tag not in OWN_TAGS and not len(child)
        },
    )


@dataclass(frozen=True)
class _Node:
    """An element, and the words for where in which file it is."""

    element: Element
    where: str

    def child(self, tag: str) -> '_Node':
        element = self.element.find(tag)
        if element is None:
            raise InputError(f'{self.where} <{tag}> is missing')
        return _Node(element, self.where)

    def text(self, tag: str) -> str:
        return (self.element.findtext(tag) or '').strip()

    def number(self, tag: str) -> float:
        text = (self.child(tag).element.text or '').strip()
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InputError(
                f'{self.where} <{tag}> is {quoted(text)}, not a number'
            )
        return number

    def count(self, tag: str) -> int:
        """Pixels; 0 where they are not given."""
        if not self.text(tag):
            return 0
        number = self.number(tag)
        if number < 0 or not number.is_integer():
            raise InputError(
                f'{self.where} <{tag}> is {number:g}, not a positive whole '
                'number'
            )
        return int(number)

    def depth(self) -> int:
        return whole_number(self.text('depth')) or 3

    def flag(self, tag: str) -> bool:
        return is_set(self.text(tag))


def is_set(value: object) -> bool:
    """Whether a flag is set, in whatever way a tool writes flags.

    >>> [is_set(text) for text in ('1', 'True', '0.0597', 'Unspecified', '')]
    [True, True, True, False, False]

    A number is a flag that is set where it is above 0: some tools write which
    part of an object is hidden. All else that is no word for yes is unset.
    """
    text = str(value).strip().casefold()
    try:
        return float(text) > 0
    except ValueError:
        return text in _YES


def write_voc_xml(
    path: str | os.PathLike, annotation: VOCAnnotation, *, sealed: bool = False
) -> None:
    """Writes an annotation, so that `read_voc_xml` gives the same back.

    >>> face = VOCObject('Happy', (31, 1, 328.5, 350))
    >>> write_voc_xml('a.xml', VOCAnnotation('a.jpg', 350, 350, 3, (face,)))

    The file is UTF-8 and appears whole or not at all. Whole numbers are
    written without a decimal point, others with all their digits.

    Args:
        path: The XML file; replaced if it exists.
        annotation: What to write.
        sealed: Whether to end with a comment by which `is_as_sealed` tells
            that nobody has changed the file since.

    Raises:
        InputError: The annotation holds a number, text or attribute name
            that a VOC file cannot hold.
    """
    path = Path(path)
    root = Element('annotation')
    _add(root, 'filename', annotation.filename, path)
    size = SubElement(root, 'size')
    for tag in ('width', 'height', 'depth'):
        _add(size, tag, _digits(getattr(annotation, tag), tag, path), path)
    for face in annotation.objects:
        element = SubElement(root, 'object')
        _add(element, 'name', face.name, path)
        _add(element, 'truncated', str(int(face.truncated)), path)
        _add(element, 'difficult', str(int(face.difficult)), path)
        box = SubElement(element, 'bndbox')
        for tag, value in zip(_CORNERS, face.bbox, strict=True):
            _add(box, tag, _digits(value, tag, path), path)
        for tag, value in face.attributes.items():
            if tag in OWN_TAGS or not _TAG.fullmatch(tag):
                raise InputError(
                    f'{path}: cannot store a face attribute named {tag!r}; '
                    'take another plain word'
                )
            _add(element, tag, value, path)
    indent(root)
    content = tostring(root, encoding='utf-8', xml_declaration=True)
    write_atomically(path, content + _seal(content) * sealed)


def is_as_sealed(path: str | os.PathLike) -> bool:
    """Whether a file is, to the byte, what was written with a seal.

    Raises:
        OSError: It cannot be read.
    """
    content = read_bounded(path, MOST_XML)
    sealed = content[: -len(_seal(b''))]
    return content == sealed + _seal(sealed)


def _seal(content: bytes) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    return f'\n<!-- As converted: SHA-256 {digest} -->\n'.encode()


def _add(parent: Element, tag: str, text: str, path: Path) -> None:
    if not _ONE_LINE.fullmatch(text):
        raise InputError(
            f'{path}: <{tag}> cannot be {text!r}; take one line of plain text'
        )
    SubElement(parent, tag).text = text.strip()


def _digits(value: float, tag: str, path: Path) -> str:
    value = float(value)
    if not math.isfinite(value):
        raise InputError(f'{path}: <{tag}> cannot be {value}')
    return str(int(value)) if value.is_integer() else repr(value)
