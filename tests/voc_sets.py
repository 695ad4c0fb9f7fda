"""Builds tiny VOC sets in a temporary folder."""

import cv2
import numpy as np

from fer_yolo_mamba.datasets import (
    FERVOCDataset,
    VOCAnnotation,
    VOCObject,
    splits,
    write_voc_xml,
)
from fer_yolo_mamba.datasets.splits import split_path

WIDTH, HEIGHT = 64, 48
HAPPY = VOCObject('Happy', (4.5, 2, 40, 46.25))
SAD = VOCObject('Sadness', (30, 10, 64, 48), truncated=True)
HARD = VOCObject('Angry', (0, 0, 20, 20), difficult=True)


def pixels(height=HEIGHT, width=WIDTH):
    noise = np.random.default_rng(0)
    return noise.integers(0, 256, (height, width, 3), dtype=np.uint8)


def add_image(root, name, *faces, image=None):
    """Adds one image and its annotation; `name` carries the suffix."""
    image = pixels() if image is None else image
    image_id = name.rpartition('.')[0]
    path = root / 'JPEGImages' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)
    xml = root / 'Annotations' / f'{image_id}.xml'
    xml.parent.mkdir(parents=True, exist_ok=True)
    height, width = image.shape[:2]
    write_voc_xml(xml, VOCAnnotation(path.name, width, height, 3, tuple(faces)))
    return image_id


def write_split(root, *ids, split='train'):
    path = split_path(root, split)
    splits.write_split(path, ids)
    return path


def add_split(root, split, *pictures, side=64):
    """Adds a picture of noise for each list of faces; returns their ids."""
    noise = np.random.default_rng(list(split.encode()))
    ids = [
        add_image(
            root,
            f'{split}_{index}.png',
            *faces,
            image=noise.integers(0, 256, (side, side, 3), np.uint8),
        )
        for index, faces in enumerate(pictures)
    ]
    write_split(root, *ids, split=split)
    return ids


def rewrite_xml(root, image_id, old, new):
    path = root / 'Annotations' / f'{image_id}.xml'
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def cut_image(root, image_id, keep):
    path = next((root / 'JPEGImages').glob(f'{image_id}.*'))
    path.write_bytes(path.read_bytes()[:keep])


def load(root, serialize_data=False, **options):
    """Serialising is mmengine's default, and slow for many small sets."""
    return FERVOCDataset(
        ann_file='ImageSets/Main/train.txt',
        data_root=str(root),
        serialize_data=serialize_data,
        **options,
    )
