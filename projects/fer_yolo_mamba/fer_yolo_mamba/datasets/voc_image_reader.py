"""Turns one image's VOC annotation into the form that mmdet works with."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..expressions import canonical_expression, words_of
from ..files import declare_input
from ..inputs import quoted
from .images import ImageFolder, decode_image, image_size, refusal
from .splits import IMAGES, other_readings
from .voc_xml import VOCAnnotation, VOCObject, read_voc_xml


class VOCImageReader:
    """Reads and checks the images of a VOC set, one by one.

    `read` stops at the first fault of an image; the steps that it takes are
    methods of their own, for a check that wants to see them all.

    >>> reader = VOCImageReader('JPEGImages', 'Annotations', EXPRESSIONS)
    >>> reader.read('train_00001')['instances']
    [{'bbox': [62.5, 40.0, 188.0, 199.25], 'bbox_label': 3, 'ignore_flag': 0}]

    Args:
        images: Folder of the images.
        annotations: Folder of the XML files.
        classes: Class names in the order of the labels.
        one_based: See `FERVOCDataset`.
        unlabelled: See `FERVOCDataset`.
        ignore_difficult: See `FERVOCDataset`.
        decode: Whether to decode each image, to find damage behind its
            header, too.

    Attributes:
        without_size: How many annotations that `open` read give no size.
    """

    def __init__(
        self,
        images: str | os.PathLike,
        annotations: str | os.PathLike,
        classes: Sequence[str],
        *,
        one_based: bool = False,
        unlabelled: str | None = None,
        ignore_difficult: bool = False,
        decode: bool = False,
    ) -> None:
        for folder in (images, annotations):
            if not Path(folder).is_dir():
                raise InputError(
                    f'{folder}: there is no such folder; data/README.md '
                    'explains where each data set goes'
                )
            declare_input(folder)
        self.images = ImageFolder(images)
        self.annotations = Path(annotations)
        self.classes = tuple(classes)
        self.unlabelled = unlabelled
        if unlabelled in self.classes:
            raise InputError(
                f'unlabelled: {unlabelled} is a class; give the name of the '
                'boxes without an expression'
            )
        self.one_based = one_based
        self.ignore_difficult = ignore_difficult
        self.decode = decode
        self.without_size = 0

    def read(self, image_id: str) -> dict:
        """Reads one image's annotation and checks that it fits the image.

        Returns:
            A dictionary of img_id, img_path, xml_path, width, height and
            instances; each instance has bbox [x1, y1, x2, y2] in pixels,
            bbox_label and ignore_flag.

        Raises:
            InputError: The annotation or the image is missing, unreadable or
                of another size; a box leaves the image or has no area; a
                class name is unknown.
        """
        img_path, annotation = self.open(image_id)
        instances = [
            {
                'bbox': self.bbox(face, annotation, where),
                'bbox_label': self.label(face, where),
                'ignore_flag': int(face.difficult and self.ignore_difficult),
            }
            for where, face in self.faces(image_id, annotation)
        ]
        return {
            'img_id': image_id,
            'img_path': str(img_path),
            'xml_path': str(self.xml_path(image_id)),
            'width': annotation.width,
            'height': annotation.height,
            'instances': instances,
        }

    def open(self, image_id: str) -> tuple[Path, VOCAnnotation]:
        """The path of an image, and its annotation, which has its size.

        Raises:
            InputError: The annotation or the image is missing, unreadable or
                of another size.
        """
        xml_path = self.xml_path(image_id)
        annotation = self.annotation(image_id)
        img_path = self.images.find(image_id, annotation.filename)
        size = image_size(img_path)
        if size is None or self.decode:
            decode_set_image(img_path)
        found = self.sized(annotation, size, img_path, xml_path)
        self.without_size += found != annotation
        return img_path, found

    def annotation(self, image_id: str) -> VOCAnnotation:
        """The annotation of an image, as it is written.

        Raises:
            InputError: It is missing or unreadable, or the id is none.
        """
        xml_path = self.xml_path(image_id)
        if image_id.startswith('/') or '..' in image_id.split('/'):
            raise InputError(
                f'{xml_path}: {image_id!r} leads out of the set; write the '
                f'path of an image below {IMAGES} into the split'
            )
        try:
            return read_voc_xml(xml_path)
        except InputError:
            readings = [*other_readings(image_id), *image_id.split()[:1]]
            there = [x for x in readings if self.xml_path(x).is_file()]
            if xml_path.exists() or not there:
                raise
        raise InputError(
            f'{xml_path}: there is no such annotation; the split has the line '
            f'{image_id!r}, where the path of an image below {IMAGES} without '
            f'suffix should be, such as {there[0]!r}'
        )

    def xml_path(self, image_id: str) -> Path:
        """Where the annotation of an image is or should be."""
        return self.annotations / f'{image_id}.xml'

    def faces(
        self, image_id: str, annotation: VOCAnnotation
    ) -> Iterator[tuple[str, VOCObject]]:
        """Each face, after the words that begin an error about it."""
        for number, face in enumerate(annotation.objects, start=1):
            yield f'{self.xml_path(image_id)}: <object> {number}', face

    def sized(
        self,
        annotation: VOCAnnotation,
        size: tuple[int, int],
        img_path: Path,
        xml_path: Path,
    ) -> VOCAnnotation:
        """Gives an annotation the size of its image where it has none.

        Args:
            annotation: The annotation.
            size: (width, height) in pixels as OpenCV reads the image.
            img_path, xml_path: Of both.

        Raises:
            InputError: The annotation is of another size.
        """
        width, height = size
        if size != (annotation.width or width, annotation.height or height):
            raise InputError(
                f'{xml_path}: <size> is {annotation.width}x'
                f'{annotation.height}, but OpenCV reads {img_path.name} as '
                f'{size[0]}x{size[1]}; annotate the image as it is now'
            )
        return replace(annotation, width=width, height=height)

    def bbox(
        self, face: VOCObject, annotation: VOCAnnotation, where: str
    ) -> list[float]:
        """A face's box [x1, y1, x2, y2] in pixels, counted from 0.

        Raises:
            InputError: The box has no area or leaves the image.
        """
        x1, y1, x2, y2 = face.bbox
        if self.one_based:
            x1, y1 = x1 - 1, y1 - 1
        if x1 >= x2 or y1 >= y2:
            raise InputError(f'{where} has a box without area, {face.bbox}')
        if min(x1, y1) < 0 or x2 > annotation.width or y2 > annotation.height:
            raise InputError(
                f'{where} has a box, {face.bbox}, that leaves the image of '
                f'{annotation.width}x{annotation.height} pixels (read with '
                f'one_based={self.one_based}); clip it'
            )
        return [x1, y1, x2, y2]

    def label(self, face: VOCObject, where: str) -> int:
        """The class index of a face's name, or of what the name stands for.

        That of a face without expression is the number of classes.

        Raises:
            InputError: The name is unknown.
        """
        if face.name == self.unlabelled:
            return len(self.classes)
        if face.name in self.classes:
            return self.classes.index(face.name)
        try:
            name = canonical_expression(face.name, self.classes)
        except InputError:
            raise InputError(
                f'{where} has the class {quoted(face.name)}'
                f'{self._hint(face.name)}; allowed are '
                f'{", ".join(self.classes)}, or all that a config lists as '
                'classes = (…)'
            ) from None
        return self.classes.index(name)

    def _hint(self, name: str) -> str:
        """The class whose name or alias is nearly spelt like this one."""
        known = words_of(self.classes)
        nearest = get_close_matches(name.casefold(), known, n=1, cutoff=0.7)
        return f' (is {known[nearest[0]]} meant?)' if nearest else ''


def decode_set_image(path: str | os.PathLike) -> np.ndarray:
    """As `decode_image`, for an image that a split lists.

    Raises:
        InputError: The file is missing, empty, damaged or refused.
    """
    image = decode_image(path)
    if image is None:
        fault = refusal(path) or 'is damaged, or no image that OpenCV reads'
        raise InputError(
            f'{path} {fault}; replace the file, or take its id out of the split'
        )
    return image
