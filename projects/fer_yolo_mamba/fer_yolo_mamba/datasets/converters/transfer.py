"""How images get into a converted set."""

from enum import Enum


class Transfer(Enum):
    """How an image file gets from a release into a converted set.

    Images inside archives are extracted, whatever is chosen.
    """

    SYMLINK = 'symbolic link'
    HARDLINK = 'hard link'
    COPY = 'copy'
