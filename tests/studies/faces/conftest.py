"""Tiny sets of pictures."""

import numpy as np
import pytest
from voc_sets import add_image, write_split

from fer_yolo_mamba.datasets import VOCObject


@pytest.fixture
def write_set(tmp_path):
    """Writes a VOC set of pictures of 40 by 30 pixels and returns its folder.

    Pictures are lists of objects by id; all are in the split `test`.
    """

    def write(pictures: dict[str, list[VOCObject]], name='set'):
        root = tmp_path / name
        image = np.full((30, 40, 3), 100, np.uint8)
        for image_id, objects in pictures.items():
            add_image(root, f'{image_id}.png', *objects, image=image)
        write_split(root, *pictures, split='test')
        return root

    return write
