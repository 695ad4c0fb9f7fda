"""The folder that a converted set is written to."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import InputError
from ..splits import split_path, split_text, write_split
from ..voc_xml import VOCAnnotation, read_voc_xml, write_voc_xml
from .image_source import LocalImage
from .labelled_image import LabelledImage
from .manifest import Manifest, digest_of
from .remark import Remark
from .transfer import Transfer

# File systems keep times of files to within two seconds at worst (FAT).
_CLOCK = 2.0


class SetFolder:
    """A VOC folder under construction, which may be interrupted at any time.

    Whatever is there stays valid: each file appears whole or not at all, the
    split files come last, and what is there already is not written again. A
    symbolic link may be replaced, because it holds no data; a file that is
    not as it was written is the user's, and stays.

    Args:
        root: The folder; new, empty, or of the same origin.
        origin: See `ImageStream`.
        transfer: How image files come into it.

    Raises:
        InputError: The folder holds something else.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        origin: Mapping[str, object],
        transfer: Transfer,
    ) -> None:
        self.root = Path(root).absolute()
        self._origin = dict(origin)
        self._transfer = transfer
        self._manifest = Manifest.read(self.root, self._origin)
        self._staged = self.root / '.staged.part'
        self._made: set[Path] = set()

    @contextmanager
    def local_file(self, image: LabelledImage) -> Iterator[Path]:
        """Gives an image as a file, from the set where it is there already.

        Args:
            image: One with a source.

        Yields:
            The file; it may vanish afterwards.

        Raises:
            InputError: The image's archive is at fault, or the folder cannot
                be written.
        """
        target = self._image_path(image)
        if self._is_there(target, image):
            yield target
        elif isinstance(image.source, LocalImage):
            yield image.source.path
        else:
            with self._writing():
                extract(image, self._staged)
            try:
                yield self._staged
            finally:
                self._clean_up()

    def add(
        self, image: LabelledImage, file: Path, annotation: VOCAnnotation
    ) -> list[Remark]:
        """Writes an image and its annotation, where they are not there yet.

        Args:
            image: The image.
            file: What `local_file` gave.
            annotation: What to write.

        Returns:
            What there is to say about files that were there before.

        Raises:
            InputError: The folder cannot be written.
        """
        remarks = []
        with self._writing():
            target = self._image_path(image)
            if file != target:
                self._place(file, target)
            elif not target.is_symlink() and self._differs(target, image):
                remarks.append(Remark.KEPT_IMAGE)
            if self._add_annotation(image.image_id, annotation):
                remarks.append(Remark.KEPT_ANNOTATION)
        return remarks

    def write_splits(self, splits: Mapping[str, Sequence[str]]) -> None:
        """Writes the split files; only then a set can be trained on.

        Args:
            splits: For each split the ids of its images.

        Raises:
            InputError: A split file was changed by someone else, or the
                folder cannot be written.
        """
        with self._writing():
            written = self._manifest.splits
            digests = {
                split: self._write_split(split, ids, written.get(split))
                for split, ids in splits.items()
            }
            if digests != written:
                self._write_manifest(digests)

    def _write_split(
        self, split: str, ids: Sequence[str], written: str | None
    ) -> str:
        """Writes a split where it is new or still as written; its digest."""
        path = split_path(self.root, split)
        digest = digest_of(split_text(ids).encode())
        found = digest_of(path.read_bytes()) if path.exists() else None
        if found not in (None, digest, written):
            raise InputError(
                f'{path}: was changed since it was converted, and is left '
                'alone; rename it to have it written again'
            )
        if found != digest:
            write_split(path, ids)
        return digest

    def _write_manifest(self, splits: Mapping[str, str]) -> None:
        self._manifest = Manifest(self._origin, dict(splits))
        self._manifest.write(self.root)

    def _image_path(self, image: LabelledImage) -> Path:
        # Not with_suffix: an id may hold dots.
        suffix = os.path.splitext(image.source.name)[1]
        return self.root / 'JPEGImages' / f'{image.image_id}{suffix}'

    def _is_there(self, target: Path, image: LabelledImage) -> bool:
        if not target.is_symlink():
            return target.is_file()
        return (
            self._transfer is Transfer.SYMLINK
            and isinstance(image.source, LocalImage)
            and os.readlink(target) == str(image.source.path)
        )

    def _differs(self, target: Path, image: LabelledImage) -> bool:
        """Whether a file is not the copy of the image that it should be."""
        status = os.stat(target)
        size, time = image.source.stamp()
        return status.st_size != size or abs(status.st_mtime - time) > _CLOCK

    def _place(self, file: Path, target: Path) -> None:
        self._make_folder_of(target)
        if file != self._staged:
            self._staged.unlink(missing_ok=True)
            if self._transfer is Transfer.SYMLINK:
                os.symlink(file, self._staged)
            elif self._transfer is Transfer.HARDLINK:
                os.link(os.path.realpath(file), self._staged)
            else:
                status = os.stat(file)
                shutil.copyfile(file, self._staged)
                os.utime(self._staged, (status.st_mtime, status.st_mtime))
        os.replace(self._staged, target)

    def _add_annotation(self, image_id: str, annotation: VOCAnnotation) -> bool:
        """Writes an annotation; whether another one was there, and stays."""
        path = self.root / 'Annotations' / f'{image_id}.xml'
        if path.exists():
            try:
                return read_voc_xml(path) != annotation
            except InputError:
                pass  # a file broken by a crash of the machine
        write_voc_xml(path, annotation)
        return False

    def _make_folder_of(self, path: Path) -> None:
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Claims the folder before the first file; tells what goes wrong."""
        try:
            if self._manifest is None:
                self._write_manifest({})
            yield
        except OSError as error:
            self._clean_up()
            raise InputError(
                f'{self.root}: cannot write the set '
                f'({error.strerror or error}); {self._remedy(error)} and '
                'start again, what is there stays valid'
            ) from error

    def _remedy(self, error: OSError) -> str:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return 'make room'
        no_links = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP)
        if self._transfer is not Transfer.COPY and error.errno in no_links:
            return 'have the images copied (--copy)'
        return 'choose another folder'

    def _clean_up(self) -> None:
        # Where this fails, the folder cannot be written, and the error that
        # says so is on its way.
        with suppress(OSError):
            self._staged.unlink(missing_ok=True)


def extract(image: LabelledImage, target: Path) -> None:
    """Writes an image as a file of the same age.

    Args:
        image: One with a source.
        target: The file; replaced if it exists.

    Raises:
        InputError: The image cannot be read.
        OSError: The file cannot be written.
    """
    with image.source.open() as source:
        content = source.read()
    target.write_bytes(content)
    time = image.source.stamp()[1]
    os.utime(target, (time, time))
