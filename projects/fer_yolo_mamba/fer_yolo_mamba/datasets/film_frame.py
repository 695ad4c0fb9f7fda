"""What the name of an SFEW image says about where it is from."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# `Film_013827920__00000101` and `Film-001817760_00000010` occur, too.
_NAME = re.compile(r'(.+?)[_-]+(\d\d)(\d\d)(\d{5})_+\d+')

#: Frames of a film that are at most this many seconds apart may well show
#: the same scene: people, clothes and light.
SCENE_SECONDS = 300.0


@dataclass(frozen=True, order=True)
class FilmFrame:
    """A frame of a film; two of one clip are equal.

    Attributes:
        film: Name of the film, in lower case.
        start: Seconds into the film at which the frame's clip begins.
    """

    film: str
    start: float

    def shares_scene(self, other: 'FilmFrame') -> bool:
        """Whether both frames may show the same scene."""
        gap = abs(self.start - other.start)
        return self.film == other.film and gap <= SCENE_SECONDS


def parse_film_frame(stem: str) -> FilmFrame | None:
    """Reads a name such as `Film_000446654_00000015`.

    Args:
        stem: File name without suffix: film, start of the clip as
            HHMMSS and milliseconds, number of the frame.

    Returns:
        What it says; None for a name of another form, such as the bare
        numbers of 27 images in the authors' lists, which tell no film.
    """
    match = _NAME.fullmatch(stem)
    if not match:
        return None
    film, *start = match.groups()
    hours, minutes, milliseconds = map(int, start)
    seconds = hours * 3600 + minutes * 60 + milliseconds / 1000
    return FilmFrame(film.casefold(), seconds)


def group_by_scene(stems: Iterable[str]) -> dict[str, str]:
    """Puts images together that may show the same scene.

    Frames of one film belong together when a chain of frames, each at most
    `SCENE_SECONDS` after the one before, leads from one to the other: no two
    groups share a scene, nor a clip. Images whose names tell no film might
    all be of one, so they make up one group.

    Returns:
        For each name, which is without suffix, the name of its group.
    """
    frames = [(parse_film_frame(stem), stem) for stem in stems]
    groups = {stem: '' for frame, stem in frames if frame is None}
    before = group = None
    for frame, stem in sorted(item for item in frames if item[0]):
        if before is None or not frame.shares_scene(before):
            group = stem
        groups[stem] = group
        before = frame
    return groups
