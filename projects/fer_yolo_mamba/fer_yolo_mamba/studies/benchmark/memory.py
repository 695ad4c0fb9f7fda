"""Whether the memory of a detector that stays in use grows."""

import gc
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path

import cv2
import numpy as np
from matplotlib.cbook import get_sample_data

from ...apis import FERDetector
from ...apis.tracks import can_follow
from ...datasets.images import read_image
from .measures import Unit
from .timing import in_fresh_process, status_bytes

_FRAME = (384, 320)  # width and height in pixels


@dataclass(frozen=True)
class MemoryGrowth:
    """Resident memory of a process that goes on with the same work.

    Attributes:
        work: What it does.
        few: So many pictures were first looked at,
        many: and so many in the end.
        after_few: Resident bytes then,
        after_many: and in the end.
    """

    work: str
    few: int
    many: int
    after_few: int
    after_many: int

    @property
    def growth(self) -> int:
        """Bytes in between; negative where memory was given back."""
        return self.after_many - self.after_few

    def to_dict(self) -> dict:
        """The growth as JSON can hold it, in bytes."""
        return {**vars(self), 'growth': self.growth}

    def __str__(self) -> str:
        return (
            f'{self.work}: {Unit.BYTE.text(self.after_few)} after '
            f'{self.few:,}, {Unit.BYTE.text(self.after_many)} after '
            f'{self.many:,}'
        )


def measure_memory(
    load: Callable[[], FERDetector], few: int, many: int
) -> list[MemoryGrowth]:
    """Measures a detector with photographs and with a film, in new processes.

    Args:
        load: Loads it; see :func:`.timing.in_fresh_process`.
        few: Pictures before the first look at the memory, which the libraries
            need to fill what they keep for good.
        many: Pictures before the second, more than `few`.
    """
    return [
        in_fresh_process(measure, load, few, many)
        for measure in (_photographs, _film)
    ]


def _photographs(
    load: Callable[[], FERDetector], few: int, many: int
) -> MemoryGrowth:
    """A call for each, in turn with a path, the file's bytes and an array."""
    path = get_sample_data('grace_hopper.jpg', asfileobj=False)
    sources = path, Path(path).read_bytes(), read_image(path)[:, 100:]
    detector = load()
    results = (
        result
        for sources in repeat(sources)
        for source in sources
        for result in detector(source)
    )
    return _grown('calls with photographs', results, few, many)


def _film(load: Callable[[], FERDetector], few: int, many: int) -> MemoryGrowth:
    """One call for all frames, faces followed where the tracker is there."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder, 'film.avi')
        _write_film(film, many)
        results = load()(film, track=can_follow())
        return _grown('frames of a film', results, few, many)


def _grown(work: str, results: Iterable, few: int, many: int) -> MemoryGrowth:
    results = iter(results)
    resident = [
        _resident_after(islice(results, count)) for count in (few, many - few)
    ]
    return MemoryGrowth(work, few, many, *resident)


def _resident_after(results: Iterator) -> int:
    for result in results:
        len(result)
    gc.collect()
    return status_bytes('VmRSS')


def _write_film(path: Path, frames: int) -> None:
    """A portrait that moves to and fro."""
    image = read_image(get_sample_data('grace_hopper.jpg', asfileobj=False))
    image = cv2.resize(image, _FRAME)
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*'MJPG'), 25, _FRAME
    )
    for number in range(frames):
        writer.write(np.roll(image, abs(number % 80 - 40), axis=1))
    writer.release()
