"""Builds VOC sets of different pictures for the tests of the checks."""

import cv2
import numpy as np
from voc_sets import add_image

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.checks import CheckSettings, check_dataset
from fer_yolo_mamba.datasets.splits import split_path, write_split

SIDE = 120
FACE = VOCObject('Happy', (10, 10, 90, 110))


def picture(seed, side=SIDE):
    """Soft blots, no two pictures alike."""
    noise = np.random.default_rng(seed).integers(
        0, 256, (24, 24, 3), dtype=np.uint8
    )
    return cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)


def add_picture(root, name, seed, *faces):
    """Adds a picture of its own, by default with one happy face."""
    return add_image(root, name, *(faces or (FACE,)), image=picture(seed))


def write_splits(root, **splits):
    for name, ids in splits.items():
        write_split(split_path(root, name), ids)


def check(root, *splits, **settings):
    return check_dataset(
        root, splits or ('train', 'test'), CheckSettings(**settings)
    )


def found(result):
    """(kind, split, image) of each fault."""
    return [(f.kind.name, f.split, f.image_id) for f in result.faults]
