"""Finds images by their names alone, wherever they are and end."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from ..images import IMAGE_SUFFIXES
from .image_source import ImageSource


class StemIndex:
    """Images by file name without suffix, in any case.

    For lists that were made on another machine, or before the images were
    converted to another format.

    Args:
        files: Paths and files; those that are no images are passed over.
    """

    def __init__(
        self, files: Iterable[tuple[PurePosixPath, ImageSource]]
    ) -> None:
        self._found: dict[str, list[tuple[PurePosixPath, ImageSource]]] = {}
        for path, source in files:
            if path.suffix.lower() in IMAGE_SUFFIXES:
                key = path.stem.casefold()
                self._found.setdefault(key, []).append((path, source))

    def __len__(self) -> int:
        return len(self._found)

    def find(self, stem: str) -> list[tuple[PurePosixPath, ImageSource]]:
        """All images of a name."""
        return self._found.get(stem.casefold(), [])
