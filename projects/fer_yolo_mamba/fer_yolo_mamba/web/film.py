"""What the page does with a film, whatever shows it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..apis import FERDetector
from ..apis.films import FilmTally, FilmWriter, Persons
from ..apis.results import faces_csv
from ..files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Frames that are looked at, from a film's beginning.
MOST_FRAMES = 900

# Of the timeline, whose letters a phone shows large enough to be read.
_INCHES = 6


@dataclass(frozen=True)
class FilmAnswer:
    """What a film shows.

    Attributes:
        found: How much, in words.
        drawn: The annotated film.
        table: CSV, a row for each face of each frame.
        timeline: A row for each person; None where nobody is seen twice.
    """

    found: str
    drawn: Path
    table: Path
    timeline: 'Figure | None'


def annotate_film(
    detector: FERDetector,
    film: Path,
    folder: Path,
    progress: Callable[[int, int], object],
) -> FilmAnswer:
    """Follows the faces of a film, and writes what they show.

    Args:
        detector: Looks at the frames.
        film: Of which the first :data:`MOST_FRAMES` frames are taken.
        folder: Of what is written.
        progress: Told of frames done and in all.

    Raises:
        InputError: It is no film, or a damaged one, or the libraries that
            follow faces are not installed.
    """
    tally, persons, rows = FilmTally(), Persons(), []
    with FilmWriter(folder / f'{film.stem}.mp4', str(film)) as writer:
        total = min(writer.length or MOST_FRAMES, MOST_FRAMES)
        for result in islice(detector(film, track=True), MOST_FRAMES):
            writer.add(result.plot())
            tally.add(result)
            rows += replace(result, source=film.name).rows()
            persons.add(result)
            progress(tally.frames, total)
    timeline = persons.timeline()
    if timeline:
        timeline.set_figwidth(_INCHES)
    table = folder / 'faces.csv'
    write_atomically(table, faces_csv(rows))
    return FilmAnswer(str(tally), writer.path, table, timeline)
