"""Writes a data set of drawn faces in the VOC layout."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...files import write_atomically
from ..split_file import split_path, write_split
from ..voc_xml import VOCAnnotation, write_voc_xml
from .scene import draw_scene

SPLITS = ('train', 'val', 'test')
_MANIFEST = 'drawn_faces.json'
#: Raised when the same parameters begin to give other pictures.
_VERSION = 1
_CONTENT = 'drawn faces, no photographs'
# Starting a process takes as long as drawing a hundred pictures.
_LEAST_PER_WORKER = 400
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
    """
    out = Path(out)
    _check(counts, seed, size)
    names = {
        split: [f'drawn_{split}_{i:05d}' for i in range(counts[split])]
        for split in SPLITS
    }
    manifest = {
        'content': _CONTENT,
        'version': _VERSION,
        'seed': seed,
        'size': size,
        'counts': {split: counts[split] for split in SPLITS},
    }
    try:
        found = _read_manifest(out)
        if found == manifest | {'complete': True} and _is_whole(out, names):
            return False
        # The manifest comes first: without it the folder would not be ours.
        out.mkdir(parents=True, exist_ok=True)
        _write_manifest(out, manifest | {'complete': False})
        _clear(out)
        write_atomically(out / 'README.md', _README)
        pictures = [
            (name, (seed, number, index))
            for number, split in enumerate(SPLITS)
            for index, name in enumerate(names[split])
        ]
        draw = partial(_write_picture, out, size)
        for done, _ in enumerate(_map(draw, pictures, workers), start=1):
            progress(done, len(pictures))
        for split in SPLITS:
            write_split(split_path(out, split), names[split])
        _write_manifest(out, manifest | {'complete': True})
    except OSError as error:
        raise InputError(
            f'{out}: cannot write the demo data ({error}); choose another '
            'folder'
        ) from error
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


def _read_manifest(out: Path) -> dict | None:
    """The manifest in the folder, None for a new or an empty folder."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    try:
        found = json.loads((out / _MANIFEST).read_text(encoding='utf-8'))
        own = found['content'] == _CONTENT
    except (OSError, ValueError, KeyError, TypeError):
        own = False
    if not own:
        raise InputError(
            f'{out}: holds something other than drawn demo data, which is '
            'left alone; choose another folder'
        )
    return found


def _is_whole(out: Path, names: Mapping[str, list[str]]) -> bool:
    """Whether nothing was removed since."""
    wanted = {name for split in names.values() for name in split}
    images = {path.stem for path in (out / 'JPEGImages').glob('*.jpg')}
    labels = {path.stem for path in (out / 'Annotations').glob('*.xml')}
    splits = all(split_path(out, split).exists() for split in SPLITS)
    return wanted <= images and wanted <= labels and splits


def _clear(out: Path) -> None:
    """Makes the folders, and removes what an earlier run wrote there."""
    for folder in ('JPEGImages', 'Annotations'):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for old in (
        *(out / 'JPEGImages').glob('drawn_*.jpg'),
        *(out / 'Annotations').glob('drawn_*.xml'),
        *(split_path(out, split) for split in SPLITS),
    ):
        old.unlink(missing_ok=True)


def _write_manifest(out: Path, manifest: dict) -> None:
    write_atomically(out / _MANIFEST, json.dumps(manifest, indent=2) + '\n')


def _map(draw: Callable, pictures: list, workers: int) -> Iterator:
    """As ``map``, in several processes where they are worth their start."""
    workers = min(workers, len(pictures) // _LEAST_PER_WORKER)
    if workers <= 1:
        yield from map(draw, pictures)
        return
    # Not forked: the threads of OpenCV and PyTorch would not come along.
    with ProcessPoolExecutor(workers, get_context('spawn')) as pool:
        yield from pool.map(draw, pictures, chunksize=8)


def _write_picture(
    out: Path, size: int, picture: tuple[str, tuple[int, int, int]]
) -> None:
    name, stream = picture
    rng = np.random.default_rng(stream)
    image, faces = draw_scene(rng, _expressions(stream), size)
    _, jpeg = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, 95))
    write_atomically(out / 'JPEGImages' / f'{name}.jpg', jpeg.tobytes())
    write_voc_xml(
        out / 'Annotations' / f'{name}.xml',
        VOCAnnotation(f'{name}.jpg', size, size, objects=faces),
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
    return tuple(
        EXPRESSIONS[order[(place + shift) % len(EXPRESSIONS)]]
        for shift in shifts
    )
