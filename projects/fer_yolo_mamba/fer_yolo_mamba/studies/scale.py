"""What predict-many is measured with: its speed, kills, and many workers.

Commands run as a person gives them, in processes of their own. Linux only.
"""

import heapq
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.cbook import get_sample_data

from ..errors import InputError

_COMMAND = (sys.executable, '-m', 'fer_yolo_mamba.cli.command')
_RATE = re.compile(r'([\d.]+) (?:frames|pictures)/s')
_BETWEEN_LOOKS = 0.05  # seconds


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


def measure_throughput(
    folder: Path, out: Path, arguments: Sequence[str]
) -> dict[str, float]:
    """Pictures a second of ``predict`` and of ``predict-many``.

    Args:
        folder: The pictures.
        out: Folder for what is written.
        arguments: Of both, such as ``--weights``.

    Returns:
        For both what they say of themselves, without their start, and the
        seconds from their start to their end.

    Raises:
        InputError: One of them fails.
    """
    table = ('--no-pictures', '--csv', str(out / 'faces.csv'))
    rates = {}
    for verb, options in (
        ('predict', (*table, '--out', str(out))),
        ('predict-many', ('--out', str(out / 'many'))),
    ):
        started = time.perf_counter()
        ended = subprocess.run(
            [*_COMMAND, verb, str(folder), *options, *arguments],
            capture_output=True,
            text=True,
        )
        rates[f'{verb} seconds'] = time.perf_counter() - started
        if not (rate := _RATE.search(ended.stderr)):
            *_, said = ended.stderr.strip().splitlines() or ['it says nothing']
            raise InputError(f'{verb} fails: {said.removeprefix("error: ")}')
        rates[verb] = float(rate[1])
    return rates


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
        before = _tables(out)
        more = generator.integers(0, 4)
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and _tables(out) < before + more:
            time.sleep(_BETWEEN_LOOKS)
        time.sleep(generator.uniform(0, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        seen.append(_tables(out))
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


def _tables(out: Path) -> int:
    return len([*out.glob('faces/*/[0-9]*.parquet')])
