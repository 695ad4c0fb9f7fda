"""What a folder of photographs costs beside the network, which is the most."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import numpy as np
from matplotlib.cbook import get_sample_data

from ...apis import FERDetector
from ...apis.sources import find_files
from ...datasets.images import read_image
from .measures import MeasuredPair, Unit
from .timing import take_turns

_PORTRAITS = 16


@contextmanager
def portraits() -> Iterator[Path]:
    """A folder with 16 copies of a photograph that matplotlib ships."""
    portrait = get_sample_data('grace_hopper.jpg', asfileobj=False)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(_PORTRAITS):
            shutil.copy(portrait, Path(folder, f'{number:02}.jpg'))
        yield Path(folder)


def compare_prediction(
    detector: FERDetector, folder: str | PathLike, batch: int, rounds: int
) -> Iterator[MeasuredPair]:
    """Times a detector on a folder against its network alone.

    The network's turn has the same photographs, prepared before, in the same
    batches and sizes. So the ratio is the share of its throughput that is left.

    Args:
        detector: Any.
        folder: Of photographs, a batch at least.
        batch: Photographs at once.
        rounds: Turns of each.

    Yields:
        Faces of the folder, and faces that are drawn and written, in seconds
        of the clock and of the processors. These count what is done while the
        network computes, which the clock does not see where cores are idle;
        other programs on the machine hardly touch them.
    """
    files = find_files(str(folder))
    starts = range(0, len(files), batch)
    prepared = [
        [
            np.concatenate([detector.prepare(x, size)[0] for x in pictures])
            for size in detector.sizes
        ]
        for pictures in (
            [read_image(file) for file in files[start : start + batch]]
            for start in starts
        )
    ]

    def network_alone() -> None:
        for sizes in prepared:
            for pixels in sizes:
                detector.network(pixels)

    def faces() -> None:
        for _ in detector(folder, batch_size=batch):
            pass

    def drawn() -> None:
        with tempfile.TemporaryDirectory() as out:
            for result in detector(folder, batch_size=batch, keep_images=True):
                result.save(Path(out, Path(result.source).name))

    setting = f'{len(files)} photographs, batch {batch}'
    rivals = {
        'network alone': network_alone,
        'faces': faces,
        'drawn faces': drawn,
    }
    for measure, clock in (
        ('prediction', time.perf_counter),
        ('prediction, processor time', time.process_time),
    ):
        alone, *ours = take_turns(rivals, rounds, clock=clock).items()
        for named in ours:
            yield MeasuredPair(
                measure, setting, Unit.SECOND, *named, *alone, is_speedup=True
            )
