"""Tiny sets of pictures."""

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.datasets import VOCAnnotation, VOCObject, write_voc_xml
from fer_yolo_mamba.datasets.splits import split_path, write_split


@pytest.fixture
def write_set(tmp_path):
    """Writes a VOC set of pictures of 40 by 30 pixels and returns its folder.

    Pictures are lists of objects by id; all are in the split `test`.
    """

    def write(pictures: dict[str, list[VOCObject]], name='set'):
        root = tmp_path / name
        for folder in ('JPEGImages', 'Annotations'):
            (root / folder).mkdir(parents=True)
        for image_id, objects in pictures.items():
            filename = f'{image_id}.png'
            image = np.full((30, 40, 3), 100, np.uint8)
            cv2.imwrite(str(root / 'JPEGImages' / filename), image)
            write_voc_xml(
                root / 'Annotations' / f'{image_id}.xml',
                VOCAnnotation(filename, 40, 30, 3, tuple(objects)),
            )
        write_split(split_path(root, 'test'), pictures)
        return root

    return write
