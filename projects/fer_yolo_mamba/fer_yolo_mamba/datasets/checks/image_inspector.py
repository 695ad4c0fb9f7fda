"""Looks for all that is wrong with one image by itself."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ..images import decode_image
from ..voc_image_reader import VOCImageReader, unreadable_image
from ..voc_xml import VOCAnnotation, read_voc_xml
from .check_settings import INPUT_SIDE, CheckSettings
from .checked_image import CheckedFace, CheckedImage
from .fault import Fault, FaultKind
from .perceptual_hash import perceptual_hash

# A found face is an annotated one if they share this part of the smaller box:
# annotators and detectors disagree on hair and chin, so IoU would be too low.
_SAME_FACE = 0.5


class ImageInspector:
    """Inspects the images of a set; several threads may share it.

    Where `FERVOCDataset` would refuse an image, the fault has its words: both
    ask `VOCImageReader`.

    Args:
        reader: Of the set.
        settings: What to look for.
    """

    def __init__(self, reader: VOCImageReader, settings: CheckSettings) -> None:
        self._reader = reader
        self._settings = settings
        # OpenCV's detector keeps an image's size between two calls.
        self._detecting = threading.Lock()

    def inspect(self, split: str, image_id: str) -> CheckedImage:
        """Decodes an image and compares its annotation with it.

        Damage shows where the decoder finds it: a file cut short does, bytes
        changed in the middle of a JPEG file may only give wrong pixels.

        Args:
            split: Name of the split that lists it.
            image_id: The line of the split file.

        Returns:
            What is known of it, with all its faults.
        """
        faults = _Faults(split, image_id)
        xml_path = self._reader.xml_path(image_id)
        annotation = faults.attempt(
            FaultKind.ANNOTATION, read_voc_xml, xml_path
        )
        img_path = faults.attempt(
            FaultKind.MISSING_IMAGE,
            self._reader.images.find,
            image_id,
            annotation.filename if annotation else '',
        )
        image = None
        if img_path:
            image = faults.attempt(
                FaultKind.UNREADABLE_IMAGE, _decode, img_path
            )
        faces = groups = ()
        if annotation:
            if image is not None:
                self._compare(image, img_path, xml_path, annotation, faults)
            faces = self._sound_faces(xml_path, annotation, faults)
            if self._settings.groups_of:
                groups = self._settings.groups_of(image_id, annotation)
        return CheckedImage(
            split,
            image_id,
            faces=tuple(faces),
            groups=frozenset(groups),
            digest=None if image is None else _digest(img_path),
            fingerprint=None if image is None else perceptual_hash(image),
            # Last: the others add to them.
            faults=tuple(faults.found),
        )

    def _compare(
        self,
        image: np.ndarray,
        img_path: Path,
        xml_path: Path,
        annotation: VOCAnnotation,
        faults: '_Faults',
    ) -> None:
        """Looks for what only shows beside the image."""
        height, width = image.shape[:2]
        faults.attempt(
            FaultKind.WRONG_SIZE,
            self._reader.check_size,
            (width, height),
            img_path,
            xml_path,
            annotation,
        )
        if self._settings.detector is None:
            return
        with self._detecting:
            boxes = self._settings.detector(image)
        for box in np.asarray(boxes, float).reshape(-1, 4):
            if not _is_labelled(box, annotation):
                corners = ', '.join(f'{value:.0f}' for value in box)
                faults.add(
                    FaultKind.UNLABELLED_FACE,
                    f'{xml_path}: there is no <object> for the face that the '
                    f'detector finds at ({corners})',
                )

    def _sound_faces(
        self, xml_path: Path, annotation: VOCAnnotation, faults: '_Faults'
    ) -> Iterator[CheckedFace]:
        """The faces without a fault that would keep them out of training."""
        scale = INPUT_SIDE / max(annotation.width, annotation.height)
        for where, face in self._reader.faces(xml_path, annotation):
            label = faults.attempt(
                FaultKind.UNKNOWN_CLASS, self._reader.label, face, where
            )
            box = faults.attempt(
                FaultKind.BAD_BOX, self._reader.bbox, face, annotation, where
            )
            if box is None:
                continue
            x1, y1, x2, y2 = box
            width, height = (x2 - x1) * scale, (y2 - y1) * scale
            if min(width, height) < self._settings.tiny_side:
                faults.add(
                    FaultKind.TINY_BOX,
                    f'{where} has a box of {width:.1f}x{height:.1f} pixels '
                    f'once the image is scaled to {INPUT_SIDE}x{INPUT_SIDE}',
                )
            if label is not None:
                yield CheckedFace(
                    self._reader.classes[label],
                    (
                        (x1 + x2) / 2 / annotation.width,
                        (y1 + y2) / 2 / annotation.height,
                    ),
                    (width * height) ** 0.5,
                )


class _Faults:
    """Collects the faults of one image."""

    def __init__(self, split: str, image_id: str) -> None:
        self._split = split
        self._image_id = image_id
        self.found: list[Fault] = []

    def add(self, kind: FaultKind, message: str) -> None:
        self.found.append(Fault(kind, self._split, self._image_id, message))

    def attempt(self, kind: FaultKind, step: Callable, *args) -> Any:
        """What a step returns, or None after noting the error it raises."""
        try:
            return step(*args)
        except InputError as error:
            self.add(kind, str(error))
            return None


def _decode(img_path: Path) -> np.ndarray:
    image = decode_image(img_path)
    if image is None:
        raise unreadable_image(img_path)
    return image


def _digest(img_path: Path) -> bytes:
    return hashlib.blake2b(img_path.read_bytes(), digest_size=16).digest()


def _is_labelled(box: np.ndarray, annotation: VOCAnnotation) -> bool:
    """Whether a found box (x1, y1, x2, y2) means an annotated face."""
    labelled = np.array(
        [face.bbox for face in annotation.objects], float
    ).reshape(-1, 4)
    lower = np.maximum(box[:2], labelled[:, :2])
    upper = np.minimum(box[2:], labelled[:, 2:])
    common = (upper - lower).clip(0).prod(axis=1)
    areas = (labelled[:, 2:] - labelled[:, :2]).prod(axis=1)
    area = (box[2:] - box[:2]).prod()
    return bool((common >= _SAME_FACE * np.minimum(area, areas)).any())
