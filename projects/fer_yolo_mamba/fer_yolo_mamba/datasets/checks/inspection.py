"""Looks for what is wrong with each image, and counts what the splits hold."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ..voc_image_reader import VOCImageReader, decode_set_image
from ..voc_xml import VOCAnnotation
from .copies import perceptual_hash
from .findings import (
    INPUT_SIDE,
    CheckedFace,
    CheckedImage,
    CheckSettings,
    FaultKind,
    Finding,
)

# A found face is an annotated one if they share this part of the smaller box:
# annotators and detectors disagree on hair and chin, so IoU would be too low.
_SAME_FACE = 0.5
# RAF-DB, whose imbalance is notorious, has 17.
_NOTABLE_IMBALANCE = 10


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
        """
        faults = _Faults(split, image_id)
        xml_path = self._reader.xml_path(image_id)
        annotation = image = digest = fingerprint = None
        with faults.noted_as(FaultKind.ANNOTATION):
            annotation = self._reader.annotation(image_id)
        with faults.noted_as(FaultKind.MISSING_IMAGE):
            filename = annotation.filename if annotation else ''
            img_path = self._reader.images.find(image_id, filename)
            with faults.noted_as(FaultKind.UNREADABLE_IMAGE):
                image = decode_set_image(img_path)
                content = img_path.read_bytes()
                digest = hashlib.blake2b(content, digest_size=16).digest()
                fingerprint = perceptual_hash(image)
        faces = groups = ()
        if annotation:
            if image is not None:
                with faults.noted_as(FaultKind.WRONG_SIZE):
                    size = image.shape[1::-1]
                    annotation = self._reader.sized(
                        annotation, size, img_path, xml_path
                    )
                self._seek_unlabelled(image, xml_path, annotation, faults)
            if annotation.width and annotation.height:
                faces = tuple(self._sound_faces(image_id, annotation, faults))
            if self._settings.groups_of:
                groups = self._settings.groups_of(image_id, annotation)
        return CheckedImage(
            split,
            image_id,
            faults=tuple(faults.found),
            faces=faces,
            groups=frozenset(groups),
            digest=digest,
            fingerprint=fingerprint,
        )

    def _seek_unlabelled(
        self,
        image: np.ndarray,
        xml_path: Path,
        annotation: VOCAnnotation,
        faults: '_Faults',
    ) -> None:
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
        self, image_id: str, annotation: VOCAnnotation, faults: '_Faults'
    ) -> Iterator[CheckedFace]:
        """The faces without a fault that would keep them out of training."""
        size = np.array([annotation.width, annotation.height])
        names = (*self._reader.classes, self._reader.unlabelled)
        for where, face in self._reader.faces(image_id, annotation):
            label = box = None
            with faults.noted_as(FaultKind.UNKNOWN_CLASS):
                label = self._reader.label(face, where)
            with faults.noted_as(FaultKind.BAD_BOX):
                box = self._reader.bbox(face, annotation, where)
            if box is None:
                continue
            lower, upper = np.array(box).reshape(2, 2)
            scale = INPUT_SIDE / size.max()
            width, height = ((upper - lower) * scale).tolist()
            if min(width, height) < self._settings.tiny_side:
                faults.add(
                    FaultKind.TINY_BOX,
                    f'{where} has a box of {width:.1f}x{height:.1f} pixels '
                    f'once the image is scaled to {INPUT_SIDE}x{INPUT_SIDE}',
                )
            if label is not None:
                yield CheckedFace(
                    names[label],
                    tuple(((lower + upper) / 2 / size).tolist()),
                    (width * height) ** 0.5,
                )


class _Faults:
    def __init__(self, split: str, image_id: str) -> None:
        self._split = split
        self._image_id = image_id
        self.found: list[Finding] = []

    def add(self, kind: FaultKind, message: str) -> None:
        self.found.append(Finding(kind, self._split, self._image_id, message))

    @contextmanager
    def noted_as(self, kind: FaultKind) -> Iterator[None]:
        """Notes the error that a step raises, and goes on."""
        try:
            yield
        except InputError as error:
            self.add(kind, str(error))


def _is_labelled(box: np.ndarray, annotation: VOCAnnotation) -> bool:
    """Whether a found box (x1, y1, x2, y2) means an annotated face."""
    labelled = np.reshape([face.bbox for face in annotation.objects], (-1, 4))
    lower = np.maximum(box[:2], labelled[:, :2])
    upper = np.minimum(box[2:], labelled[:, 2:])
    common = (upper - lower).clip(0).prod(axis=1)
    areas = (labelled[:, 2:] - labelled[:, :2]).prod(axis=1)
    area = (box[2:] - box[:2]).prod()
    return bool((common >= _SAME_FACE * np.minimum(area, areas)).any())


@dataclass(frozen=True)
class SetStatistics:
    """Counts and boxes of one split, sound faces only.

    Attributes:
        split: Its name.
        images: Number of images.
        faceless: Number of images without a sound face.
        faces: Number of faces of each class, in the order of the classes, and
            last of those without an expression where they have a name.
        unlabelled: That name.
        sides: (N,) see `CheckedFace.side`.
        centres: (N, 2) see `CheckedFace.centre`.
    """

    split: str
    images: int
    faceless: int
    faces: dict[str, int]
    unlabelled: str | None
    sides: np.ndarray
    centres: np.ndarray

    @classmethod
    def of(
        cls,
        split: str,
        images: Sequence[CheckedImage],
        settings: CheckSettings,
    ) -> 'SetStatistics':
        """Counts the images of one split."""
        names = [*settings.classes]
        if settings.unlabelled is not None:
            names.append(settings.unlabelled)
        faces = [face for image in images for face in image.faces]
        counts = Counter(face.expression for face in faces)
        return cls(
            split=split,
            images=len(images),
            faceless=sum(not image.faces for image in images),
            faces={name: counts[name] for name in names},
            unlabelled=settings.unlabelled,
            sides=np.array([face.side for face in faces], np.float32),
            centres=np.reshape(
                np.array([face.centre for face in faces], np.float32), (-1, 2)
            ),
        )

    def class_weights(self) -> dict[str, float]:
        """Weights that give each class the same sum over its faces.

        The mean over all faces is 1; a class without a face gets 1. Empty
        where no class has a face.
        """
        of_classes = self._of_classes()
        present = [count for count in of_classes.values() if count]
        if not present:
            return {}
        total = sum(present)
        return {
            name: total / (len(present) * count) if count else 1.0
            for name, count in of_classes.items()
        }

    def warnings(self) -> list[str]:
        """What is no fault, but worth knowing; a sentence each."""
        found = []
        of_classes = self._of_classes()
        counts = {name: count for name, count in of_classes.items() if count}
        missing = [name for name in of_classes if name not in counts]
        if not any(self.faces.values()):
            found.append(f'{self.split} has no face: nothing to learn from.')
        if counts and missing:
            found.append(
                f'{self.split} has no face of the class {", ".join(missing)}.'
            )
        if counts:
            most = max(counts, key=counts.get)
            least = min(counts, key=counts.get)
            ratio = counts[most] / counts[least]
            if ratio >= _NOTABLE_IMBALANCE:
                found.append(
                    f'{self.split} is imbalanced: {ratio:.0f} faces of '
                    f'{most} for each of {least}.'
                )
        return found

    def _of_classes(self) -> dict[str, int]:
        return {k: n for k, n in self.faces.items() if k != self.unlabelled}
