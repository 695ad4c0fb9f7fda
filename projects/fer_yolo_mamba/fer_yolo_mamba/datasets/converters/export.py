"""What turning a VOC set into another format takes: reading and writing."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...files import write_atomically
from ..splits import ANNOTATIONS, IMAGES, read_split, split_path
from ..voc_image_reader import VOCImageReader
from ..voc_xml import VOCObject


class VOCImage(NamedTuple):
    """One image of a VOC set: its id, absolute path, size in pixels and faces.

    The faces have canonical names and 0-based boxes inside the image.
    """

    image_id: str
    path: Path
    width: int
    height: int
    faces: tuple[VOCObject, ...]


class VOCSet:
    """A folder in VOC layout, checked while it is read.

    >>> for image in VOCSet('data/rafdb').images('test'):
    ...     print(image.path, image.faces)

    Args:
        root: The folder.
        one_based: See `FERVOCDataset`.
        classes: The classes, by whose order other formats number them.

    Raises:
        InputError: The folder has no images or annotations.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        one_based: bool = False,
        classes: Sequence[str] = EXPRESSIONS,
    ) -> None:
        self.root = Path(root).absolute()
        self.classes = tuple(classes)
        self.images_folder = self.root / IMAGES
        self._reader = VOCImageReader(
            self.images_folder,
            self.root / ANNOTATIONS,
            classes,
            one_based=one_based,
        )

    def splits(self, wanted: Sequence[str] | None = None) -> list[str]:
        """Names of the splits, in alphabetical order or as they are wanted.

        Raises:
            InputError: There are none, or not those that are wanted.
        """
        folder = split_path(self.root, 'any').parent
        found = sorted(path.stem for path in folder.glob('*.txt'))
        for name in wanted or ():
            if name not in found:
                raise InputError(
                    f'{folder}: there is no {name}.txt, only '
                    f'{", ".join(found) or "nothing"}; name one of them'
                )
        if not found:
            raise InputError(
                f'{folder}: there is no split file; write one image id a line '
                'into train.txt'
            )
        return list(wanted or found)

    def images(self, split: str) -> Iterator[VOCImage]:
        """Reads the images of a split, in its order.

        Raises:
            InputError: An image or annotation has a fault.
        """
        reader = self._reader
        for image_id in read_split(
            split_path(self.root, split), reader.annotations
        ):
            path, annotation = reader.open(image_id)
            faces = tuple(
                replace(
                    face,
                    name=self.classes[reader.label(face, where)],
                    bbox=tuple(reader.bbox(face, annotation, where)),
                )
                for where, face in reader.faces(image_id, annotation)
            )
            yield VOCImage(
                image_id, path, annotation.width, annotation.height, faces
            )


def write_export(path: Path, text: str) -> None:
    """Writes a text file, unless it is there already.

    Raises:
        InputError: A file of another content is there.
        OSError: The file cannot be written.
    """
    if not path.exists():
        write_atomically(path, text)
    elif path.read_bytes() != text.encode():
        raise _taken(path)


def link_export(path: Path, image: Path) -> None:
    """Makes a link at `path` to an image, unless it is there already.

    Raises:
        InputError: Something else is there.
        OSError: Links cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(path):
        os.symlink(image, path)
    elif not path.is_symlink() or os.readlink(path) != str(image):
        raise _taken(path)


def _taken(path: Path) -> InputError:
    return InputError(
        f'{path}: is there already and holds something else; choose another '
        'folder'
    )
