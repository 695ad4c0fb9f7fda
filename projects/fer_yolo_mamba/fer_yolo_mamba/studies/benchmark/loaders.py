"""Training pictures from files: this project's augmentation and mmyolo's own.

Both make the same pictures of the same photographs, with the same chances.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import torch
from mmengine.config import Config
from mmengine.dataset import RepeatDataset
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmyolo.registry import DATASETS
from torch.utils.data import Dataset

from ...datasets.drawn_faces import make_demo_set
from ...engine.plain_runner import unlogged
from .measures import MeasuredPair, Unit, pairs_of
from .timing import Call, take_turns

_DRAWN = 128  # photographs, which an epoch repeats
_TURN_SECONDS = 1.0
_OURS, _RIVAL = 'decoded once', "mmyolo's own"
_TYPES_OF_MMYOLO = dict(
    FittedMosaic='Mosaic',
    FittedMixUp='YOLOXMixUp',
    FastRandomAffine='mmdet.RandomAffine',
    FastHSVRandomAug='mmdet.YOLOXHSVRandomAug',
    FastRandomFlip='mmdet.RandomFlip',
    FastFilterAnnotations='mmdet.FilterAnnotations',
    FastPackDetInputs='mmdet.PackDetInputs',
)


def compare_loaders(
    config: Config, sides: Sequence[int], pictures: int, rounds: int
) -> Iterator[MeasuredPair]:
    """Times the training pictures of a config, of files in the page cache.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it,
            with Mosaic in its training.
        sides: Of square photographs in pixels, drawn for the purpose as JPEG.
        pictures: Of an epoch of the data loader.
        rounds: Turns of each.
    """
    init_default_scope(config.get('default_scope', 'mmyolo'))
    for side in sides:
        with TemporaryDirectory() as folder, unlogged(), _as_in_a_worker():
            make_demo_set(folder, dict(train=_DRAWN, val=0, test=0), size=side)
            sets = build_rivals(config, folder)
            one = {
                name: partial(next, map(data.__getitem__, _cycle(len(data))))
                for name, data in sets.items()
            }
            epochs = {
                name: _epoch(config, data, pictures)
                for name, data in sets.items()
            }
            yield from pairs_of(
                'training picture, processor time',
                f'JPEG of {side}×{side}',
                Unit.SECOND,
                take_turns(one, rounds, _TURN_SECONDS, time.process_time),
            )
            workers = config.train_dataloader.num_workers
            yield from pairs_of(
                f'data loader, {workers} workers',
                f'{pictures} JPEG of {side}×{side}',
                Unit.SECOND,
                take_turns(epochs, rounds),
            )


def build_rivals(config: Config, data_root: str | Path) -> dict[str, Dataset]:
    """The training set of a config, and the same by mmyolo's transforms."""
    ours = dict(config.train_dataloader.dataset, data_root=str(data_root))
    rival = dict(
        ours, image_cache=None, pipeline=mmyolo_pipeline(ours['pipeline'])
    )
    return {_OURS: DATASETS.build(ours), _RIVAL: DATASETS.build(rival)}


def mmyolo_pipeline(steps: Sequence[dict]) -> list[dict]:
    """Steps of a training with mmyolo's and mmdet's own in place of ours."""
    return [_of_mmyolo(dict(step)) for step in steps]


def _of_mmyolo(step: dict) -> dict:
    if step['type'] == 'LoadFittedImage':
        return dict(type='LoadImageFromFile')
    if step['type'] == 'FastLoadAnnotations':
        return dict(type='LoadAnnotations', with_bbox=True)
    step['type'] = _TYPES_OF_MMYOLO.get(step['type'], step['type'])
    if 'pre_transform' in step:
        step['pre_transform'] = mmyolo_pipeline(step['pre_transform'])
    return step


@contextmanager
def _as_in_a_worker() -> Iterator[None]:
    """One thread for all that computes."""
    before = cv2.getNumThreads(), torch.get_num_threads()
    try:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        yield
    finally:
        cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])


def _cycle(length: int) -> Iterator[int]:
    return (number % length for number in count())


def _epoch(config: Config, data: Dataset, pictures: int) -> Call:
    """A call: all batches of an epoch, of workers that start with it."""
    repeated = RepeatDataset(data, -(-pictures // len(data)))
    settings = dict(config.train_dataloader, dataset=repeated)
    loader = Runner.build_dataloader(settings, seed=0)

    def run() -> None:
        for _ in loader:
            pass

    return run
