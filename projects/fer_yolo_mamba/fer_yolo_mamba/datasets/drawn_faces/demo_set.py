"""Writes a data set of drawn faces in the VOC layout."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...files import write_atomically
from ..converters.records import (
    EncodedImage,
    ImageStream,
    LabelledImage,
    SetKind,
)
from ..converters.set_folder import is_of, read_manifest, write_manifest
from ..converters.writer import write_voc_set
from ..splits import ANNOTATIONS, IMAGES, split_path
from .scene import draw_scene

SPLITS = ('train', 'val', 'test')
_KIND = SetKind('drawn_faces.json', 'drawn faces, no photographs', 1)
# Starting a process takes as long as drawing a hundred pictures.
_LEAST_PER_WORKER = 400
# As many are drawn before they are written, at most, and so in memory.
_PART = 1024
_SIZES = range(64, 2049)
_README = """\
# Drawn faces

Every picture in this folder is drawn by a program (`tools/make_demo_data.py`);
none shows a person. The set lets FER-YOLO-Mamba be trained and tested
anywhere. What a model scores on it says nothing about real faces.

`drawn_faces.json` holds the parameters that give the same set again.
"""


def make_demo_set(
    out: str | os.PathLike,
    counts: Mapping[str, int],
    seed: int = 0,
    size: int = 320,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> bool:
    """Draws a data set, unless the folder already holds the same one.

    A picture depends on the seed, its split and its number alone: a longer
    split begins with the pictures of a shorter one, and no two splits share a
    person. A set of other parameters, or one left unfinished, is replaced.

    Example:
        >>> make_demo_set('data/demo', {'train': 640, 'val': 64, 'test': 128})

    Args:
        out: folder for `JPEGImages/`, `Annotations/` (0-based edges of the
            heads) and `ImageSets/Main/`.
        counts: number of pictures of each split, `train`, `val` and `test`.
        seed: not negative; another seed gives other pictures.
        size: width and height of the pictures in pixels.
        workers: processes that draw, at most.
        progress: called with the numbers of finished and of all pictures.

    Returns:
        Whether anything was drawn.

    Raises:
        InputError: A count, the seed or the size is out of range, or the
            folder holds something else or cannot be written.
        OSError: The folder cannot be made.
    """
    out = Path(out)
    _check(counts, seed, size)
    ordered = {split: counts[split] for split in SPLITS}
    pictures = [
        (split, (seed, number, index))
        for number, (split, count) in enumerate(ordered.items())
        for index in range(count)
    ]
    stream = ImageStream(
        images=_map(partial(_draw, size), pictures, workers),
        total=len(pictures),
        origin={'seed': seed, 'size': size, 'counts': ordered},
        kind=_KIND,
    )
    found = read_manifest(out, _KIND)
    if found and is_of(found, stream) and _is_whole(out, pictures, found):
        return False
    # The manifest comes first: without it the folder would not be ours.
    write_manifest(out, stream, {})
    for old in (
        *(out / IMAGES).glob('drawn_*.jpg'),
        *(out / ANNOTATIONS).glob('drawn_*.xml'),
        *(split_path(out, split) for split in SPLITS),
    ):
        old.unlink(missing_ok=True)
    write_atomically(out / 'README.md', _README)
    # What fails amid it leaves no processes to the garbage collector.
    with closing(stream.images):
        write_voc_set(stream, out, progress=progress)
    return True


def _check(counts: Mapping[str, int], seed: int, size: int) -> None:
    if set(counts) != set(SPLITS):
        raise InputError(
            f'the splits are {", ".join(SPLITS)}, not {", ".join(counts)}'
        )
    for split, count in counts.items():
        if not 0 <= count <= 99999:
            raise InputError(
                f'{split}: {count} pictures; choose 0 to 99999 of them'
            )
    if not any(counts.values()):
        raise InputError('all splits are empty; ask for at least one picture')
    if seed < 0:
        raise InputError(f'seed: {seed} is negative; choose 0 or more')
    if size not in _SIZES:
        raise InputError(
            f'size: {size} pixels; choose {_SIZES[0]} to {_SIZES[-1]}'
        )


def _is_whole(out: Path, pictures: list, manifest: dict) -> bool:
    """Whether a set was finished and nothing was removed since."""
    images = {path.stem for path in (out / IMAGES).glob('*.jpg')}
    labels = {path.stem for path in (out / ANNOTATIONS).glob('*.xml')}
    wanted = {_name(split, index) for split, (*_, index) in pictures}
    splits = {split for split, _ in pictures}
    return (
        bool(manifest['splits'])
        and wanted <= images & labels
        and all(split_path(out, split).exists() for split in splits)
    )


def _name(split: str, index: int) -> str:
    return f'drawn_{split}_{index:05d}'


def _map(draw: Callable, pictures: list, workers: int) -> Iterator:
    """As ``map``, in several processes where they are worth their start."""
    workers = min(workers, len(pictures) // _LEAST_PER_WORKER)
    if workers <= 1:
        yield from map(draw, pictures)
        return
    # Not forked: the threads of OpenCV and PyTorch would not come along.
    with ProcessPoolExecutor(workers, get_context('spawn')) as pool:
        for start in range(0, len(pictures), _PART):
            part = pictures[start : start + _PART]
            yield from pool.map(draw, part, chunksize=8)


def _draw(
    size: int, picture: tuple[str, tuple[int, int, int]]
) -> LabelledImage:
    split, stream = picture
    rng = np.random.default_rng(stream)
    image, faces = draw_scene(rng, _expressions(stream), size)
    _, jpeg = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, 95))
    return LabelledImage(
        image_id=_name(split, stream[-1]),
        source=EncodedImage('.jpg', jpeg.tobytes(), (size, size)),
        splits=(split,),
        faces=tuple(faces),
    )


def _expressions(stream: tuple[int, int, int]) -> tuple[str, ...]:
    """What the faces of a picture show, the first first.

    In every seven pictures in a row, the first faces show the seven
    expressions once each, and so do the second and the third.
    """
    seed, split, index = stream
    block, place = divmod(index, len(EXPRESSIONS))
    rng = np.random.default_rng((seed, split, block, 1))
    order = rng.permutation(len(EXPRESSIONS))
    shifts = rng.permutation(len(EXPRESSIONS))[:3]
    numbers = order[(place + shifts) % len(EXPRESSIONS)]
    return tuple(EXPRESSIONS[number] for number in numbers)
