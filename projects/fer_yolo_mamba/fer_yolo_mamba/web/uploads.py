"""Files of the page: what is uploaded, and what is made for download."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

#: Largest file that is taken.
MOST_BYTES = 32 * 2**20
#: Seconds that what the page shows is kept for.
LIFETIME = 600

_FOLDER = 'GRADIO_TEMP_DIR'


@contextmanager
def temporary_folder() -> Iterator[None]:
    """Has Gradio keep its files where they are gone in the end."""
    before = os.environ.get(_FOLDER)
    with tempfile.TemporaryDirectory(prefix='fer_yolo_mamba_') as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]
            if before is not None:
                os.environ[_FOLDER] = before


@contextmanager
def taken(path: str | None) -> Iterator[Path]:
    """An uploaded file, if there is one, which afterwards exists no more.

    It gets a place of its own: Gradio names an upload by its content, so that
    of another request may come to lie where this one did.

    Raises:
        InputError: There is none; it is gone with an earlier request; or the
            context raised it, whose words then name the file and not its
            place.
    """
    if not path:
        raise InputError('choose a file first.')
    with tempfile.TemporaryDirectory(dir=os.environ.get(_FOLDER)) as folder:
        file = Path(folder, Path(path).name)
        try:
            os.rename(path, file)
        except FileNotFoundError as error:
            raise InputError(
                f'{file.name} is gone with an earlier answer: upload it again.'
            ) from error
        try:
            yield file
        except InputError as error:
            said = str(error).replace(str(file), file.name)
            raise InputError(said) from error


def new_folder() -> Path:
    """A folder for files that a browser will ask for."""
    return Path(tempfile.mkdtemp(dir=os.environ.get(_FOLDER)))
