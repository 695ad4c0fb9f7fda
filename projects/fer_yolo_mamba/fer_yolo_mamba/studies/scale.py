"""What predict-many is measured with: its speed, kills, and many workers.

Commands run as a person gives them, in processes of their own. Linux only.
"""

import heapq
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from matplotlib.cbook import get_sample_data

from ..errors import InputError

_COMMAND = (sys.executable, '-m', 'fer_yolo_mamba.cli.command')
_RATE = re.compile(r'([\d.]+) frames/s')
_SHARE = re.compile(r'^Pss: +(\d+) kB', re.MULTILINE)
_TICKS = os.sysconf('SC_CLK_TCK')
# Seconds.
_BETWEEN_LOOKS, _BETWEEN_SAMPLES = 0.05, 0.5


def make_pictures(
    folder: Path, count: int, seed: int, broken_each: int = 1000
) -> None:
    """Makes photographs of one face, shifted and of any brightness.

    Args:
        folder: Where JPEG files of 320x376 pixels are written.
        count: Their number.
        seed: Of what is drawn by chance.
        broken_each: One in so many is cut off after 99 bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    portrait = cv2.imread(get_sample_data('grace_hopper.jpg', asfileobj=False))
    portrait = cv2.resize(portrait, (320, 376))
    for number in range(count):
        picture = np.roll(portrait, generator.integers(-60, 60), 1)
        picture = cv2.convertScaleAbs(
            picture, alpha=generator.uniform(0.7, 1.3)
        )
        content = cv2.imencode('.jpg', picture)[1].tobytes()
        is_broken = number % broken_each == broken_each - 1
        path = folder / f'{number:06}.jpg'
        path.write_bytes(content[:99] if is_broken else content)


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes:
        rate: Pictures a second, without its start.
        seconds: From its start to its end.
        processor: Seconds that all its processes computed.
        memory: MiB of all its processes, each half a second.
    """

    rate: float
    seconds: float
    processor: float
    memory: list[float]


def run_predict(album: Path, out: Path, arguments: Sequence[str]) -> Run:
    """Looks at an album with ``predict``; the rate is what it says."""
    table = ('--no-pictures', '--csv', str(out / 'faces.csv'))
    command = ['predict', str(album), *table, '--out', str(out), *arguments]
    said, *taken = _watched(command)
    return Run(float(_RATE.search(said)[1]), *taken)


def run_predict_many(
    album: Path, out: Path, arguments: Sequence[str], shard_size: int
) -> Run:
    """As :func:`run_predict`; the rate is that from its second table on.

    Raises:
        InputError: It fails, or writes fewer than three tables.
    """
    size = ('--shard-size', str(shard_size), '--out', str(out))
    _, *taken = _watched(['predict-many', str(album), *size, *arguments])
    pictures = len(list(album.iterdir()))
    return Run(_rate(_tables(out), pictures, shard_size), *taken)


def kill_often(
    folder: Path, out: Path, arguments: Sequence[str], kills: int, seed: int
) -> list[int]:
    """Starts ``predict-many`` and kills it at random moments, then lets it end.

    A start is killed (SIGKILL) once it has written up to three tables more,
    and after up to half a second.

    Returns:
        Number of tables at each kill.
    """
    command = [*_COMMAND, 'predict-many', str(folder), '--out', str(out)]
    command += arguments
    generator = np.random.default_rng(seed)
    seen = []
    for _ in range(kills):
        before = len(_tables(out))
        more = generator.integers(0, 4)
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and len(_tables(out)) < before + more:
            time.sleep(_BETWEEN_LOOKS)
        time.sleep(generator.uniform(0, 0.5))
        process.kill()
        process.wait()
        seen.append(len(_tables(out)))
    subprocess.run(command, check=True, capture_output=True)
    return seen


def simulate(
    seconds: Sequence[float], dispatch: float, workers: int, shards: int
) -> float:
    """Shards a second that workers do, each as soon as it is free.

    The driver hands out one shard at a time, which takes it `dispatch`
    seconds; a worker then takes as long as one of the measured shards did.
    Starts, a shared disk and a shared network are left out.

    Args:
        seconds: Measured, of shards.
        dispatch: Measured, of a shard.
        workers: Their number.
        shards: To do.
    """
    generator = np.random.default_rng(0)
    free = [0.0] * workers
    driver = 0.0
    for each in generator.choice(seconds, shards):
        driver = max(driver, free[0]) + dispatch
        heapq.heapreplace(free, driver + each)
    return shards / max(free)


def _rate(tables: Sequence[Path], pictures: int, shard_size: int) -> float:
    """Pictures a second, from the second table that was written on."""
    if len(tables) < 3:
        raise InputError(
            f'{pictures} pictures are {len(tables)} shards, which tell no '
            f'rate: give more than {2 * shard_size}.'
        )
    _, second, *later = sorted(tables, key=_time_written)
    done = len(later) * shard_size
    if max(tables) in later:  # which may be of a smaller shard
        done -= len(tables) * shard_size - pictures
    return done / (_time_written(later[-1]) - _time_written(second))


def _time_written(path: Path) -> float:
    return path.stat().st_mtime


def _tables(out: Path) -> list[Path]:
    return [*out.glob('faces/*/[0-9]*.parquet')]


def _watched(
    arguments: Sequence[str],
) -> tuple[str, float, float, list[float]]:
    """What a command says on standard error, and what it took: see `Run`.

    Raises:
        InputError: It fails.
    """
    started = time.perf_counter()
    processor: dict[int, float] = {}
    memory = []
    with tempfile.TemporaryFile('w+') as said:
        process = subprocess.Popen(
            [*_COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=said
        )
        while process.poll() is None:
            usages = dict(_usages(process.pid))
            processor |= {pid: seconds for pid, (seconds, _) in usages.items()}
            memory.append(sum(mib for _, mib in usages.values()))
            time.sleep(_BETWEEN_SAMPLES)
        seconds = time.perf_counter() - started
        said.seek(0)
        told = said.read()
    # 1 is that of pictures which cannot be read.
    if process.returncode not in (0, 1):
        last = told.strip().splitlines()[-1:] or ['it says nothing']
        raise InputError(
            f'{arguments[0]} fails: {last[0].removeprefix("error: ")}'
        )
    return told, seconds, sum(processor.values()), memory


def _usages(root: int) -> Iterator[tuple[int, tuple[float, float]]]:
    """Of a process and all that it started: seconds of a core, and MiB."""
    parents, seconds = {}, {}
    for path in Path('/proc').glob('[0-9]*/stat'):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            fields = path.read_text().rpartition(')')[2].split()
            pid = int(path.parent.name)
            parents[pid] = int(fields[1])
            seconds[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
    for pid in parents:
        above = pid
        while above in parents and above != root:
            above = parents[above]
        if above == root:
            with suppress(FileNotFoundError, ProcessLookupError):
                rollup = Path(f'/proc/{pid}/smaps_rollup').read_text()
                # Of memory that several processes share, each one's part.
                if share := _SHARE.search(rollup):
                    yield pid, (seconds[pid], int(share[1]) / 1024)
