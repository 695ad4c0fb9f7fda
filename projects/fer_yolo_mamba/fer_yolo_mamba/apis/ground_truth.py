"""Annotated faces as they are on disk, and as training sees them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from mmyolo.registry import DATASETS

from ..errors import InputError
from ..visualization import draw_faces
from .prediction import read_image


class Split(Enum):
    """The data loaders of a config."""

    TRAIN = 'train'
    VAL = 'val'
    TEST = 'test'


@dataclass(frozen=True)
class AnnotatedFace:
    """One face as :func:`~fer_yolo_mamba.visualization.draw_faces` takes it.

    Attributes:
        expression: Name of its class.
        bbox: x1, y1, x2, y2 in pixels.
        score: None, as it was not predicted.
    """

    expression: str
    bbox: tuple[float, float, float, float]
    score: None = None


def ground_truth_pairs(
    config: Config, split: Split, count: int, seed: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draws the annotated faces before and after the training pipeline.

    Args:
        config: As :func:`~fer_yolo_mamba.apis.load_config` returns it.
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
        info = dataset.get_data_info(index)
        before = draw_faces(
            read_image(info['img_path']),
            [
                AnnotatedFace(classes[instance['bbox_label']], instance['bbox'])
                for instance in info['instances']
            ],
        )
        # An image's augmentation then does not depend on those before it.
        set_random_seed(seed + index)
        after = dataset[index]
        yield before, _drawn(after['inputs'], after['data_samples'], classes)


def _dataset_config(config: Config, split: Split) -> dict:
    loaders = {part: config.get(f'{part.value}_dataloader') for part in Split}
    for part in (split, Split.TRAIN):
        if not loaders[part]:
            raise InputError(
                f'config {config.filename} has no {part.value}_dataloader; '
                'name a config that trains a detector'
            )
    # As a training set, for Mosaic looks for partners in those alone; but
    # without filters, to show all that there is.
    return {
        **loaders[split].dataset,
        'pipeline': loaders[Split.TRAIN].dataset.pipeline,
        'test_mode': False,
        'filter_cfg': None,
    }


def _drawn(
    inputs, sample: DetDataSample, classes: tuple[str, ...]
) -> np.ndarray:
    """Draws what `PackDetInputs` packed: (3, H, W) and its boxes."""
    image = np.ascontiguousarray(inputs.numpy().transpose(1, 2, 0))
    found = sample.gt_instances
    return draw_faces(
        image.astype(np.uint8),
        [
            AnnotatedFace(classes[label], bbox)
            for label, bbox in zip(
                found.labels.tolist(),
                found.bboxes.tensor.tolist(),
                strict=True,
            )
        ],
    )
