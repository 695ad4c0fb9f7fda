"""The one place where sets in VOC layout are written."""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from ...errors import InputError
from ..images import IMAGE_SUFFIXES, image_size
from ..voc_xml import VOCAnnotation, VOCObject
from .records import (
    Box,
    EncodedImage,
    ImageStream,
    LabelledImage,
    Remark,
    Skipped,
    SkippedFace,
)
from .report import ConversionReport
from .set_folder import SetFolder, Transfer

# Pixels that a box may leave its image by without being worth a mention:
# normalised formats lose less.
_ROUNDING = 1e-6

# File systems take 255 bytes; the name of a temporary file is a bit longer.
_LONGEST_NAME = 240

# Beyond control characters.
_NOT_XML = '\x7f\ufffe\uffff'


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
    counted, never in silence. Where images have votes, the set's `votes.csv`
    has a row an image and a column a class. A second call with the same
    release changes nothing, one with a corrected release writes anew what
    nobody has changed, and one after an interruption goes on where the first
    stopped. One image is in memory at a time.

    Args:
        stream: What a reader returns.
        out: Folder of the set; new, empty, or of the same origin.
        transfer: How image files come into the set.
        dry_run: Whether to leave the folder as it is and only report.
        progress: Called with the numbers of finished and of all images.

    Returns:
        The counts.

    Raises:
        InputError: The release or the folder is at fault, or no image at all
            can be used.
    """
    folder = SetFolder(out, stream, transfer)
    report = ConversionReport(stream.classes)
    conversion = _Conversion(folder, report, dry_run)
    for done, image in enumerate(stream, start=1):
        conversion.take(image)
        progress(done, len(stream))
    if not report.images:
        reasons = '; '.join(
            f'{why.value}: {cases}'
            for why, cases in report.left_out_images.items()
        )
        raise InputError(
            f'{out}: no image can be used ({reasons or "none was found"}); '
            'check that this is the release that the converter expects'
        )
    if not dry_run:
        conversion.folder.write_lists(conversion.splits, conversion.votes)
    return report


class _Taken(NamedTuple):
    """What an id of the set stands for; small, as there is one an image."""

    source: int
    faces: int
    splits: set[str]


class _Conversion:
    """Takes one image after another, and remembers ids and counts."""

    def __init__(
        self, folder: SetFolder, report: ConversionReport, dry_run: bool
    ) -> None:
        self.folder = folder
        self.dry_run = dry_run
        self.report = report
        self.splits: dict[str, list[str]] = {}
        self.votes: dict[str, Mapping[str, int]] = {}
        self._taken: dict[str, _Taken] = {}

    def take(self, image: LabelledImage) -> None:
        for split in image.splits:
            if '/' in split or not _is_safe(split):
                raise InputError(
                    f'{split!r} cannot be the name of a split file; take a '
                    'plain word'
                )
        faces, lost, clipped = [], [], 0
        skipped = self._skip_unseen(image)
        if not skipped:
            size = self._size_of(image)
            if size is None:
                skipped = SkippedFace(Skipped.UNREADABLE, '')
            elif image.size not in (None, size):
                detail = '{}x{}, not {}x{}'.format(*size, *image.size)
                skipped = SkippedFace(Skipped.OTHER_SIZE, detail)
        if not skipped:
            faces, lost, clipped = _fit(image, size)
            skipped = lost[0] if lost and not faces else None
        if skipped:
            self.report.left_out_images.add(
                skipped.why, image.image_id, skipped.detail
            )
            return
        name = PurePosixPath(image.image_id).name + image.source.suffix
        annotation = VOCAnnotation(name.strip(), *size, objects=tuple(faces))
        kept = self.folder.kept(image.image_id, annotation)
        self._count(image, (kept or annotation).objects, lost, clipped)
        remarks = []
        if kept not in (None, annotation):
            remarks.append(Remark.KEPT_ANNOTATION)
        if not self.dry_run:
            remarks += self.folder.add(image, None if kept else annotation)
        for remark in remarks:
            self.report.remarks.add(remark, image.image_id)

    def _skip_unseen(self, image: LabelledImage) -> SkippedFace | None:
        """What is wrong with an image before it is looked at."""
        if isinstance(image.source, Skipped):
            return SkippedFace(image.source, '')
        suffix = image.source.suffix
        if suffix.lower() not in IMAGE_SUFFIXES:
            return SkippedFace(Skipped.UNREADABLE, f'suffix {suffix!r}')
        if not _is_safe(image.image_id):
            return SkippedFace(Skipped.BAD_NAME, '')
        taken = self._taken.get(image.image_id)
        if taken and taken.source != hash(image.source):
            is_file = isinstance(image.source, Path)
            detail = str(image.source) if is_file else ''
            return SkippedFace(Skipped.NAME_TAKEN, detail)
        if taken and (
            taken.faces != hash(repr(image.faces))
            or taken.splits.intersection(image.splits)
        ):
            return SkippedFace(Skipped.LISTED_BEFORE, '')
        return None

    def _size_of(self, image: LabelledImage) -> tuple[int, int] | None:
        """(width, height) in pixels; None where the image is unreadable."""
        file = self.folder.find(image)
        if file is None and isinstance(image.source, EncodedImage):
            return image.source.size
        return image_size(file or image.source)

    def _count(
        self,
        image: LabelledImage,
        faces: Sequence[VOCObject],
        lost: Sequence[SkippedFace],
        clipped: int,
    ) -> None:
        report, image_id = self.report, image.image_id
        names = [face.name for face in faces]
        if image_id not in self._taken:
            self._taken[image_id] = _Taken(
                hash(image.source), hash(repr(image.faces)), set()
            )
            report.images += 1
            report.boxes.update(names)
            report.clipped += clipped
            for face in lost:
                report.left_out_boxes.add(face.why, image_id, face.detail)
            if image.votes:
                self.votes[image_id] = image.votes
        self._taken[image_id].splits.update(image.splits)
        for split in image.splits:
            self.splits.setdefault(split, []).append(image_id)
            report.split_images[split] += 1
            report.split_boxes[split].update(names)
        for remark, detail in image.remarks:
            report.remarks.add(remark, image_id, detail)


def _fit(
    image: LabelledImage, size: tuple[int, int]
) -> tuple[list[VOCObject], list[SkippedFace], int]:
    """Clips the boxes: the faces left, those lost, and how many were cut."""
    faces, lost, clipped = [], [], 0
    for face in image.faces:
        if isinstance(face, SkippedFace):
            lost.append(face)
            continue
        box, cut = _clip(face.bbox, *size)
        if box is None:
            detail = ', '.join(map(repr, face.bbox))
            lost.append(SkippedFace(Skipped.NO_AREA, detail))
        else:
            faces.append(replace(face, bbox=box))
            clipped += cut
    return faces, lost, clipped


def _clip(box: Box, width: int, height: int) -> tuple[Box | None, bool]:
    """What of a box is inside an image, if it has an area, and if it was cut.

    Neither rounding counts as a cut, nor the end of an infinite box.
    """
    x1, y1, x2, y2 = box
    inside = (max(x1, 0), max(y1, 0), min(x2, width), min(y2, height))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        return None, True
    cut = any(
        math.isfinite(before) and abs(after - before) > _ROUNDING
        for before, after in zip(box, inside, strict=True)
    )
    return inside, cut


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
