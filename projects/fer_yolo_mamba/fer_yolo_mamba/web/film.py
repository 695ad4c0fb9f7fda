"""What the page does with a film, whatever shows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

from ..apis import FERDetector
from ..apis.films import FilmTally, FilmWriter, Persons
from ..apis.results import faces_csv
from ..errors import InputError
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
        found: How much, in words, and what of the film is missing.
        drawn: The annotated film.
        table: CSV, a row for each face of each frame.
        timeline: A row for each person; None where nobody is seen twice.
    """

    found: str
    drawn: Path
    table: Path
    timeline: 'Figure | None'


class Screening:
    """One film at a time, until all are ended.

    Python ends no thread of its own accord: without this, Ctrl+C would wait
    for the end of a film.
    """

    def __init__(self) -> None:
        self._ended, self._running = Event(), Lock()

    @contextmanager
    def running(self) -> Iterator[Callable[[], None]]:
        """Has :meth:`end` wait for the context, in which a film is looked at.

        Yields:
            To be called with each frame; raises InputError after the end.
        """
        with self._running:
            yield self._check

    def end(self) -> None:
        """Ends the film under way with its next frame; waits for that."""
        self._ended.set()
        with self._running:
            pass

    def _check(self) -> None:
        if self._ended.is_set():
            raise InputError('the page is closed: start it again.')


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
            writer.add(result.plot(), result.time)
            tally.add(result)
            rows += replace(result, source=film.name).rows()
            persons.add(result)
            progress(tally.frames, total)
    timeline = persons.timeline()
    if timeline:
        timeline.set_figwidth(_INCHES)
    table = folder / 'faces.csv'
    write_atomically(table, faces_csv(rows))
    found = f'{tally}{_missing(writer, tally.frames)}'
    return FilmAnswer(found, writer.path, table, timeline)


def _missing(writer: FilmWriter, frames: int) -> str:
    """What was not looked at, in words that follow the number of frames."""
    if frames == MOST_FRAMES:
        is_longer = (writer.length or 0) > frames
        return f'; the film has {writer.length}.' if is_longer else ''
    if writer.length is None:
        return '; the film does not say how many frames it has.'
    fault = writer.shortfall(frames)
    return f'; the film {fault}' if fault else ''
