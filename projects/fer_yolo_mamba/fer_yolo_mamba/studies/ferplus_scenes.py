"""FER+ scenes: a fixed set of pictures for comparisons on real faces.

Crops of FER+ are pasted on photographs without faces, once, so that every
method learns from the same pictures and is judged on the same.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from ..datasets.composition import FaceMixture
from ..datasets.converters import (
    ConversionReport,
    EncodedImage,
    ImageStream,
    LabelledImage,
    write_voc_set,
)
from ..datasets.converters.records import SetKind
from ..datasets.voc_xml import VOCObject

#: Pictures of each split.
COUNTS = {'train': 1700, 'val': 100, 'test': 500}

_KIND = SetKind('ferplus_scenes.json', 'crops of FER+ pasted on photographs', 1)
# Where the crops and the backgrounds of each split are from: the test's are
# in no picture of the training. Validation and test differ by their seeds.
_SOURCES = {
    'train': ('train', 'no_face_train'),
    'val': ('val', 'no_face_val'),
    'test': ('val', 'no_face_val'),
}
_SIDE = 320
_MOST_FACES = 16
_FACE_SIZE = (24, 240)
_QUALITY = 65  # of WebP
_BACKGROUND_SIDE = 360


def make_ferplus_scenes(
    crops: str | os.PathLike,
    backgrounds: str | os.PathLike,
    out: str | os.PathLike,
    counts: Mapping[str, int] = COUNTS,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ConversionReport:
    """Composes the set and writes it in the VOC layout.

    A picture follows from the seed, its split and its number alone.

    Args:
        crops: FER+ in VOC layout, with the splits `train` and `val`.
        backgrounds: Photographs without faces in VOC layout, with the splits
            `no_face_train` and `no_face_val`.
        out: Folder of the set.
        counts: Pictures of each split, `train`, `val` and `test`.
        seed: Another one gives other pictures.
        progress: Called with the numbers of finished and of all pictures.

    Returns:
        The counts of what is written.

    Raises:
        InputError: A set or the folder is at fault.
    """
    stream = ImageStream(
        images=_images(Path(crops), Path(backgrounds), counts, seed),
        total=sum(counts.values()),
        origin={'seed': seed, 'counts': dict(counts)},
        kind=_KIND,
    )
    return write_voc_set(stream, out, progress=progress)


def composed_image(
    mixture: FaceMixture, index: int, split: str
) -> LabelledImage:
    """A picture of a mixture, to be written in a split."""
    image, boxes, labels = mixture.compose(index)
    names = mixture.metainfo['classes']
    return LabelledImage(
        image_id=f'scene_{split}_{index:05d}',
        source=encoded(image),
        splits=(split,),
        faces=tuple(
            VOCObject(names[label], tuple(map(float, box)))
            for box, label in zip(boxes, labels, strict=True)
        ),
    )


def encoded(image: np.ndarray) -> EncodedImage:
    """A picture (H, W, 3), uint8, BGR, as the file that it becomes."""
    _, webp = cv2.imencode('.webp', image, (cv2.IMWRITE_WEBP_QUALITY, _QUALITY))
    return EncodedImage('.webp', webp.tobytes(), image.shape[1::-1])


def _images(
    crops: Path, backgrounds: Path, counts: Mapping[str, int], seed: int
) -> Iterator[LabelledImage]:
    for split, count in counts.items():
        crop_split, background_split = _SOURCES[split]
        source = dict(
            type='PastedFaces',
            share=1.0,
            crops=dict(dataset=_set(crops, crop_split), rarity=0.45),
            backgrounds=dict(
                dataset=_set(backgrounds, background_split),
                max_side=_BACKGROUND_SIDE,
            ),
            max_faces=_MOST_FACES,
            face_size=_FACE_SIZE,
        )
        mixture = FaceMixture(
            [source],
            side=_SIDE,
            length=count,
            mosaic=0.0,
            seed=seed * len(_SOURCES) + list(_SOURCES).index(split),
        )
        for index in range(count):
            yield composed_image(mixture, index, split)


def _set(root: Path, split: str) -> dict:
    return dict(
        type='FERVOCDataset',
        data_root=f'{root}/',
        ann_file=f'ImageSets/Main/{split}.txt',
        serialize_data=False,  # it is looked through once
    )
