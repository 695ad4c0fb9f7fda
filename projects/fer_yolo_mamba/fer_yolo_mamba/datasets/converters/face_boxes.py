"""Gives boxes to images that have one label but no box."""

from ..images import DetectFaces, decode_bytes
from ..voc_xml import VOCObject
from .boxes import WHOLE_IMAGE, Box
from .fault import Fault
from .image_source import ImageSource
from .label import expression_named
from .labelled_image import LabelledImage
from .remark import Remark


class FaceBoxes:
    """Puts a box around the face of an image with one label.

    Args:
        detect: Finds faces, the largest first. None takes the whole image,
            as is right for images that were cropped to a face.
        keep_faceless: Whether an image in which nothing is found gets the
            whole image as its box, where otherwise it is left out.
    """

    def __init__(
        self, detect: DetectFaces | None = None, keep_faceless: bool = False
    ) -> None:
        self._detect = detect
        self._keep_faceless = keep_faceless

    def label(
        self, image_id: str, source: ImageSource, split: str, label: str
    ) -> LabelledImage:
        """Labels an image.

        Args:
            image_id: See `LabelledImage`.
            source: See `LabelledImage`.
            split: Name of its split.
            label: Name of the expression, in any accepted spelling.

        Returns:
            The image with one face, or with what is wrong.
        """
        faces, faults, remarks = (), (), ()
        expression = expression_named(label)
        if expression is None:
            faults = ((Fault.UNKNOWN_LABEL, label),)
        else:
            box, faults, remarks = self._find(source)
            faces = (VOCObject(expression, box),) if box else ()
        return LabelledImage(
            image_id, source, (split,), faces, None, faults, remarks
        )

    def _find(self, source: ImageSource) -> tuple[Box | None, tuple, tuple]:
        """The box, and the faults and remarks that come with it."""
        if self._detect is None:
            return WHOLE_IMAGE, (), ()
        with source.open() as file:
            pixels = decode_bytes(file.read())
        if pixels is None:
            return None, ((Fault.UNREADABLE, ''),), ()
        boxes = self._detect(pixels)
        if not boxes and self._keep_faceless:
            return WHOLE_IMAGE, (), ((Remark.NO_FACE, ''),)
        if not boxes:
            return None, ((Fault.NO_FACE, ''),), ()
        further = (Remark.FURTHER_FACES, f'{len(boxes) - 1} more')
        return tuple(boxes[0]), (), (further,) if len(boxes) > 1 else ()
