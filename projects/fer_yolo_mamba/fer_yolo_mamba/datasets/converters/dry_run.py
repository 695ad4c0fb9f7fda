"""A conversion that writes nothing."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ..voc_xml import VOCAnnotation
from .image_source import LocalImage
from .labelled_image import LabelledImage
from .manifest import Manifest
from .remark import Remark
from .set_folder import extract


class DryRun:
    """Stands in for `SetFolder` and leaves the folder as it is.

    Args:
        root: The folder that a real run would write to.
        origin: See `ImageStream`.

    Raises:
        InputError: A real run would refuse the folder.
    """

    def __init__(
        self, root: str | os.PathLike, origin: Mapping[str, object]
    ) -> None:
        Manifest.read(Path(root).absolute(), origin)

    @contextmanager
    def local_file(self, image: LabelledImage) -> Iterator[Path]:
        """See `SetFolder`; archived images are measured elsewhere."""
        if isinstance(image.source, LocalImage):
            yield image.source.path
        else:
            with TemporaryDirectory() as scratch:
                file = Path(scratch, 'image')
                extract(image, file)
                yield file

    def add(
        self, image: LabelledImage, file: Path, annotation: VOCAnnotation
    ) -> list[Remark]:
        """Does nothing."""
        return []

    def write_splits(self, splits: Mapping[str, Sequence[str]]) -> None:
        """Does nothing."""
