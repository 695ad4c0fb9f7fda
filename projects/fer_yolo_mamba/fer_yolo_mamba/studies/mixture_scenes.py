"""A mixture's pictures for comparisons on photographs.

A training composes its pictures anew every time; here they are composed once,
so that every method learns from the same ones, and photographs are the test.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import mmcv
import numpy as np
from mmengine.config import Config

from ..datasets.composition import FaceMixture
from ..datasets.converters import (
    ConversionReport,
    ImageStream,
    LabelledImage,
    VOCImage,
    VOCSet,
    write_voc_set,
)
from ..datasets.converters.records import SetKind
from ..datasets.images import read_image
from .ferplus_scenes import composed_image, encoded
from .timed_training import pictures_of

_KIND = SetKind('mixture_scenes.json', 'pictures of a mixture, once', 1)
# Around a photograph, as in the test pipelines.
_GREY = 114


def make_mixture_scenes(
    config: Config,
    photographs: VOCSet,
    split: str,
    out: str | os.PathLike,
    count: int = 2500,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ConversionReport:
    """Writes the set in the VOC layout, with the splits `train` and `test`.

    `train` is of the config's mixture without those sources whose faces may
    have no expression: most methods cannot learn from them. `test` is the
    photographs, scaled to fit into squares of the same side, with grey at the
    bottom or the right.

    Args:
        config: Trains on a `FaceMixture`.
        photographs: Holds those of the test.
        split: Their split.
        out: Folder of the set.
        count: Pictures to compose.
        seed: Another one gives other pictures.
        progress: Called with the numbers of finished and of all pictures.

    Returns:
        The counts of what is written.

    Raises:
        InputError: The config has no such mixture, or a set or the folder is
            at fault.
    """
    settings = dict(pictures_of([config]), length=count, seed=seed)
    del settings['type']
    settings['sources'] = [
        source for source in settings['sources'] if _has_expressions(source)
    ]
    mixture = FaceMixture(**settings)
    tests = list(photographs.images(split))

    def images() -> Iterator[LabelledImage]:
        for index in range(count):
            yield composed_image(mixture, index, 'train')
        for test in tests:
            yield _letterboxed(test, mixture.side)

    origin = {
        'config': Path(config.filename).name,
        'seed': seed,
        'count': count,
        'test': [photographs.root.name, split],
    }
    stream = ImageStream(images(), count + len(tests), origin, _KIND)
    return write_voc_set(stream, out, progress=progress)


def _has_expressions(source: dict) -> bool:
    return source.get('dataset', {}).get('unlabelled') is None


def _letterboxed(photograph: VOCImage, side: int) -> LabelledImage:
    image = mmcv.imrescale(read_image(photograph.path), (side, side))
    height, width = image.shape[:2]
    scale = np.tile((width / photograph.width, height / photograph.height), 2)
    square = np.full((side, side, 3), _GREY, np.uint8)
    square[:height, :width] = image
    return LabelledImage(
        image_id=photograph.image_id,
        source=encoded(square),
        splits=('test',),
        faces=tuple(
            replace(face, bbox=tuple((face.bbox * scale).tolist()))
            for face in photograph.faces
        ),
    )
