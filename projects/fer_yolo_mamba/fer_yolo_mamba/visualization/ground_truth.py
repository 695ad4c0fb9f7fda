"""Annotated faces: as training sees them, and charts of a whole set."""

import random
from collections.abc import Iterator, Sequence
from enum import Enum

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from mmyolo.registry import DATASETS
from torch import Tensor

from ..datasets.checks import SetStatistics
from ..datasets.composition import FaceMixture
from ..datasets.images import read_image
from ..errors import InputError
from ..faces import Face
from .pictures import draw_faces
from .plots import class_colours, verbatim

_CELLS = 20


class Split(Enum):
    """The data loaders of a config."""

    TRAIN = 'train'
    VAL = 'val'
    TEST = 'test'


def ground_truth_pairs(
    config: Config, split: Split, count: int, seed: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draws the annotated faces before and after the training pipeline.

    Of pictures that a :class:`FaceMixture` composes there is no image before:
    they come without and with their boxes.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        split: Which data set; the pipeline is that of training in any case.
        count: How many images, drawn by lot; all if there are fewer.
        seed: The same seed gives the same images and augmentations.

    Yields:
        The image before and after, (H, W, 3) uint8, BGR, of any sizes. What
        Mosaic and MixUp add to it is in the second.

    Raises:
        InputError: The config has no such data set, or it is at fault.
    """
    init_default_scope(config.get('default_scope', 'mmyolo'))
    dataset = DATASETS.build(_dataset_config(config, split))
    classes = dataset.label_names
    indices = random.Random(seed).sample(
        range(len(dataset)), min(count, len(dataset))
    )
    for index in indices:
        # An image's augmentation then does not depend on those before it.
        set_random_seed(seed + index)
        after = dataset[index]
        if isinstance(dataset, FaceMixture):
            before = _to_image(after['inputs'])
        else:
            before = _annotated(dataset.get_data_info(index), classes)
        yield before, _drawn(after['inputs'], after['data_samples'], classes)


def draw_classes(statistics: Sequence[SetStatistics]) -> Figure:
    """Bars of the faces of each class, an axis for each split."""
    figure, axes = _axes(statistics)
    for axis, item in axes:
        names, counts = zip(*item.faces.items(), strict=True)
        labels = [verbatim(name) for name in names]
        axis.bar(labels, counts, color=class_colours(names))
        axis.set(ylabel='faces')
        axis.tick_params(axis='x', rotation=45)
    return figure


def draw_sides(statistics: Sequence[SetStatistics]) -> Figure:
    """Histograms of the box sizes, an axis for each split."""
    figure, axes = _axes(statistics)
    for axis, item in axes:
        axis.hist(item.sides, bins=_CELLS, range=(0, 320))
        axis.set(xlabel='√area in pixels at 320×320', ylabel='faces')
    return figure


def draw_centres(statistics: Sequence[SetStatistics]) -> Figure:
    """Where in the image the boxes lie, an axis for each split."""
    figure, axes = _axes(statistics)
    for axis, item in axes:
        x, y = item.centres.T
        axis.hist2d(x, y, bins=_CELLS, range=((0, 1), (0, 1)))
        axis.invert_yaxis()
        axis.set(xlabel='x / width', ylabel='y / height', aspect='equal')
    return figure


def _dataset_config(config: Config, split: Split) -> dict:
    loaders = {part: config.get(f'{part.value}_dataloader') for part in Split}
    for part in (split, Split.TRAIN):
        if not loaders[part]:
            raise InputError(
                f'config {config.filename} has no {part.value}_dataloader; '
                'name a config that trains a detector'
            )
    shown, training = loaders[split].dataset, loaders[Split.TRAIN].dataset
    if DATASETS.get(shown.type) is FaceMixture:
        return shown
    if 'pipeline' not in training:
        raise InputError(
            f'config {config.filename} trains on composed pictures and has no '
            f'training pipeline to show the {split.value} split after; show '
            'the train split, or use the config of a data set'
        )
    # As a training set, for Mosaic looks for partners in those alone; but
    # without filters, to show all that there is, and without a cache of all
    # pictures, of which a few are shown.
    shown = {**shown}
    shown.pop('image_cache', None)
    return {
        **shown,
        'pipeline': training.pipeline,
        'test_mode': False,
        'filter_cfg': None,
    }


def _annotated(info: dict, classes: tuple[str, ...]) -> np.ndarray:
    """Draws what `get_data_info` says of an image."""
    faces = [
        Face(instance['bbox'], classes[instance['bbox_label']])
        for instance in info['instances']
    ]
    return draw_faces(read_image(info['img_path']), faces)


def _to_image(inputs: Tensor) -> np.ndarray:
    """(3, H, W) of what was packed as (H, W, 3) uint8."""
    image = np.ascontiguousarray(inputs.numpy().transpose(1, 2, 0))
    return image.astype(np.uint8)


def _drawn(
    inputs: Tensor, sample: DetDataSample, classes: tuple[str, ...]
) -> np.ndarray:
    """Draws what `PackDetInputs` packed: (3, H, W) and its boxes."""
    truth = sample.gt_instances
    boxes, labels = truth.bboxes.tensor.tolist(), truth.labels.tolist()
    faces = [Face(b, classes[n]) for b, n in zip(boxes, labels, strict=True)]
    return draw_faces(_to_image(inputs), faces)


def _axes(
    statistics: Sequence[SetStatistics],
) -> tuple[Figure, list[tuple[Axes, SetStatistics]]]:
    """A figure, and an axis for each split under its name."""
    count = len(statistics)
    figure = Figure(figsize=(4 * count, 3.4), layout='constrained')
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis, item in zip(axes, statistics, strict=True):
        axis.set_title(verbatim(item.split))
    return figure, list(zip(axes, statistics, strict=True))
