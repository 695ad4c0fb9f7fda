"""Tiny sets to compose pictures from: crops, photographs, backdrops."""

import csv

import numpy as np
from voc_sets import add_image, write_split

from fer_yolo_mamba.datasets import VOCObject

# Faces of photographs.
HAPPY = VOCObject('Happy', (30, 20, 60, 60))
SAD = VOCObject('Sad', (5, 50, 35, 90))
UNNAMED = VOCObject('face', (30, 20, 60, 60))

# A crop: dark, but for a bright ellipse in the box of its face.
CROP_SIDE = 48
FACE = (8.0, 4.0, 40.0, 44.0)


def seeded(seed=0):
    return np.random.default_rng(seed)


def bright_ellipse(side=CROP_SIDE, box=FACE):
    x, y = np.meshgrid(*[np.arange(side) + 0.5] * 2)
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    depth = ((x - middle[0]) / half[0]) ** 2 + ((y - middle[1]) / half[1]) ** 2
    return np.where(depth <= 1, 255, 0).astype(np.uint8)


def crop_set(root, names, votes=None):
    """Crops of these expressions; `votes` are rows by column."""
    image = np.repeat(bright_ellipse()[..., None], 3, 2)
    ids = [
        add_image(root, f'crop{index}.png', VOCObject(name, FACE), image=image)
        for index, name in enumerate(names)
    ]
    write_split(root, *ids)
    if votes:
        with (root / 'votes.csv').open('w', newline='') as file:
            writer = csv.DictWriter(file, ['id', *votes[0]])
            writer.writeheader()
            for image_id, row in zip(ids, votes, strict=True):
                writer.writerow({'id': image_id, **row})
    return config_of(root)


def photograph_set(root, *pictures, side=96, **options):
    """A grey photograph for each list of faces."""
    ids = [
        add_image(
            root,
            f'photo{index}.png',
            *faces,
            image=np.full((side, side, 3), 90 + index, np.uint8),
        )
        for index, faces in enumerate(pictures)
    ]
    write_split(root, *ids)
    return config_of(root, **options)


def config_of(root, **options):
    return dict(
        type='FERVOCDataset',
        ann_file='ImageSets/Main/train.txt',
        data_root=str(root),
        serialize_data=False,
        **options,
    )
