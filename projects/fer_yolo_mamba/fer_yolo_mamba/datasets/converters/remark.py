"""What a user should know about an image that was converted."""

from enum import Enum


class Remark(Enum):
    """Something worth knowing about an image that is in the converted set.

    The value is what the report prints.
    """

    NO_ATTRIBUTES = 'no gender, race and age are given'
    NO_LABEL_FILE = 'no label file: taken as an image without a face'
    OTHER_FOLDER = 'the folder names another expression than the box list'
    NO_FACE = 'the detector finds no face: the box is the whole image'
    FURTHER_FACES = 'further faces are found, which have no label'
    SAME_CLIP = "authors' split: in val, with images of its clip in train"
    SAME_SCENE = (
        "authors' split: in val, with images of its film, at most five "
        'minutes away, in train'
    )
    KEPT_IMAGE = 'the file was there before, differs, and is kept'
    KEPT_ANNOTATION = 'the annotation was there before, differs, and is kept'
