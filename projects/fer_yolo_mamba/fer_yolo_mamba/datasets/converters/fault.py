"""Why something in a release cannot be used."""

from enum import Enum


class Fault(Enum):
    """Why an image, or one of its boxes, is left out of a converted set.

    The value is what the report prints.
    """

    NO_IMAGE = 'the image is missing'
    SEVERAL_IMAGES = 'several images have this name'
    UNREADABLE = 'the image cannot be read'
    OTHER_SIZE = 'the image is not of the size that its labels give'
    BAD_NAME = 'the name cannot be used'
    NAME_TAKEN = 'another image has this name'
    LISTED_BEFORE = 'listed before, with other boxes or in the same split'
    NO_LABEL = 'there is no label'
    UNKNOWN_LABEL = 'the label is none of the seven expressions'
    NO_BOX = 'there is no box'
    BAD_BOX = 'the box is not made of finite numbers'
    NO_AREA = 'the box has no area inside the image'
    CROWD = 'the box stands for a crowd'
    NO_FACE = 'the detector finds no face'
