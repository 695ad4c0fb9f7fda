"""Writes the files of another format without touching other files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import InputError
from ...files import write_atomically


def write_export(path: str | os.PathLike, text: str) -> None:
    """Writes a text file, unless it is there already.

    Args:
        path: The file.
        text: Its content.

    Raises:
        InputError: A file of another content is there, or the folder cannot
            be written.
    """
    path = Path(path)
    with _writing(path):
        if not path.exists():
            write_atomically(path, text)
        elif path.read_bytes() != text.encode():
            raise _taken(path)


def link_export(path: str | os.PathLike, image: Path) -> None:
    """Makes a symbolic link to an image, unless it is there already.

    Args:
        path: The link.
        image: The image, as an absolute path.

    Raises:
        InputError: Something else is there, or links cannot be made.
    """
    path = Path(path)
    with _writing(path):
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


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f'{path}: cannot be written ({error.strerror or error}); choose '
            'another folder or make room'
        ) from error
