"""The one place where converted sets are written."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

from ...errors import InputError
from ..images import IMAGE_SUFFIXES, image_size
from ..voc_xml import VOCAnnotation, VOCObject
from .boxes import clip_box
from .conversion_report import ConversionReport
from .dry_run import DryRun
from .fault import Fault
from .image_stream import ImageStream
from .labelled_image import LabelledImage
from .set_folder import SetFolder
from .transfer import Transfer

# File systems take 255 bytes; the name of a temporary file is a bit longer.
_LONGEST_NAME = 240

# Beyond control characters.
_NOT_XML = '\x7f\ufffe\uffff'

_Faults = list[tuple[Fault, str]]


def write_voc_set(
    stream: ImageStream,
    out: str | os.PathLike,
    *,
    transfer: Transfer = Transfer.SYMLINK,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ConversionReport:
    """Writes labelled images as a VOC set, which `FERVOCDataset` loads.

    >>> print(write_voc_set(read_rafdb('downloads/RAF-DB'), 'data/rafdb'))

    Boxes are clipped to their image. What cannot be used is left out and
    counted, never in silence. A second call with the same release changes
    nothing, and one after an interruption goes on where the first stopped.
    One image is in memory at a time.

    Args:
        stream: What a reader returns.
        out: Folder of the set; new, empty, or of the same origin.
        transfer: How image files come into the set.
        dry_run: Whether to write nothing and only report.
        progress: Called with the numbers of finished and of all images.

    Returns:
        The counts.

    Raises:
        InputError: The release or the folder is at fault, or no image at all
            can be used.
    """
    if dry_run:
        folder = DryRun(out, stream.origin)
    else:
        folder = SetFolder(out, stream.origin, transfer)
    conversion = _Conversion(folder)
    for done, image in enumerate(stream, start=1):
        conversion.take(image)
        progress(done, len(stream))
    report = conversion.report
    if not report.images:
        reasons = '; '.join(
            f'{fault.value}: {cases}'
            for fault, cases in report.left_out_images.items()
        )
        raise InputError(
            f'{out}: no image can be used ({reasons or "none was found"}); '
            'check that this is the release that the converter expects'
        )
    folder.write_splits(conversion.splits)
    return report


class _Taken:
    """What an id of the set stands for; small, as there is one an image."""

    __slots__ = ('faces', 'source', 'splits')

    def __init__(self, image: LabelledImage) -> None:
        self.source = hash(str(image.source))
        self.faces = hash(repr(image.faces))
        self.splits: set[str] = set()


class _Conversion:
    """Takes one image after another, and remembers ids and counts."""

    def __init__(self, folder: SetFolder | DryRun) -> None:
        self.folder = folder
        self.report = ConversionReport()
        self.splits: dict[str, list[str]] = {}
        self._taken: dict[str, _Taken] = {}

    def take(self, image: LabelledImage) -> None:
        for split in image.splits:
            if '/' in split or not _is_safe(split):
                raise InputError(
                    f'{split!r} cannot be the name of a split file; take a '
                    'plain word'
                )
        fault = self._fault_of(image)
        if fault:
            self.report.leave_out_image(image, *fault)
            return
        with self.folder.local_file(image) as file:
            size = image_size(file)
            fault = _fault_of_size(image, size)
            faces, faults, clipped = (), [], 0
            if not fault:
                faces, faults, clipped = _fit(image, size)
                if faults and not faces:
                    fault = faults[0]
            if fault:
                self.report.leave_out_image(image, *fault)
                return
            remarks = self.folder.add(
                image, file, VOCAnnotation(_name(image), *size, objects=faces)
            )
        self._count(image, faces, faults, clipped)
        for remark in remarks:
            self.report.remark(image, remark)

    def _fault_of(self, image: LabelledImage) -> tuple[Fault, str] | None:
        """What is wrong with an image before it is looked at."""
        if image.source is None:
            return image.faults[0] if image.faults else (Fault.NO_IMAGE, '')
        suffix = os.path.splitext(image.source.name)[1]
        if suffix.lower() not in IMAGE_SUFFIXES:
            return Fault.UNREADABLE, f'suffix {suffix!r}'
        if not _is_safe(image.image_id):
            return Fault.BAD_NAME, ''
        taken = self._taken.get(image.image_id)
        if taken and taken.source != hash(str(image.source)):
            return Fault.NAME_TAKEN, str(image.source)
        if taken and (
            taken.faces != hash(repr(image.faces))
            or taken.splits.intersection(image.splits)
        ):
            return Fault.LISTED_BEFORE, ''
        return None

    def _count(
        self,
        image: LabelledImage,
        faces: tuple[VOCObject, ...],
        faults: _Faults,
        clipped: int,
    ) -> None:
        is_new = image.image_id not in self._taken
        if is_new:
            self._taken[image.image_id] = _Taken(image)
        self._taken[image.image_id].splits.update(image.splits)
        for split in image.splits:
            self.splits.setdefault(split, []).append(image.image_id)
            self.report.add_to_split(split, faces)
        if is_new:
            self.report.add(faces)
            self.report.clipped += clipped
            for fault in faults:
                self.report.leave_out_box(image, *fault)
        for remark in image.remarks:
            self.report.remark(image, *remark)


def _name(image: LabelledImage) -> str:
    suffix = os.path.splitext(image.source.name)[1]
    return f'{PurePosixPath(image.image_id).name}{suffix}'.strip()


def _fault_of_size(
    image: LabelledImage, size: tuple[int, int] | None
) -> tuple[Fault, str] | None:
    if size is None:
        return Fault.UNREADABLE, ''
    if image.size not in (None, size):
        return Fault.OTHER_SIZE, '{}x{}, not {}x{}'.format(*size, *image.size)
    return None


def _fit(
    image: LabelledImage, size: tuple[int, int]
) -> tuple[tuple[VOCObject, ...], _Faults, int]:
    """Clips the boxes: the faces left, all faults, and how many were cut."""
    faces, faults, clipped = [], list(image.faults), 0
    for face in image.faces:
        box, cut = clip_box(face.bbox, *size)
        if box is None:
            faults.append((Fault.NO_AREA, ', '.join(map(repr, face.bbox))))
        else:
            faces.append(replace(face, bbox=box))
            clipped += cut
    return tuple(faces), faults, clipped


def _is_safe(image_id: str) -> bool:
    """Whether an id can be a path below the set and a line of a split."""
    # The rules of Windows are the stricter ones.
    path = PureWindowsPath(image_id)
    try:
        longest = max(len(part.encode()) for part in image_id.split('/'))
    except UnicodeEncodeError:
        return False
    return (
        image_id.splitlines() == [image_id]
        and image_id == image_id.strip()
        and not path.anchor
        and '..' not in path.parts
        and path.as_posix() == image_id
        and longest <= _LONGEST_NAME
        and all(char >= ' ' and char not in _NOT_XML for char in image_id)
    )
