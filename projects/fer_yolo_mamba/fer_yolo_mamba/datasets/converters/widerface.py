"""Reads WIDER FACE: photographs with every face's box and no expression.

Yang, Luo, Loy, Tang: WIDER FACE: a face detection benchmark, CVPR 2016.
"""

import os
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from ...errors import InputError
from ...inputs import quoted, read_lines, shown, whole_number
from ..voc_xml import VOCObject
from .records import (
    ImageStream,
    Skipped,
    SkippedFace,
    make_face,
    sized_box,
)
from .release import UNPACK, Release, image_in

#: What the boxes are named, for `FERVOCDataset(unlabelled='face')`.
FACE = 'face'

_SPLITS = ('train', 'val')
# After x, y, width and height: "expression" is 1 for an exaggerated one.
_FACTS = ('blur', 'expression', 'illumination', 'invalid', 'occlusion', 'pose')


def read_widerface(
    release: str | os.PathLike, min_size: float = 0
) -> ImageStream:
    """Reads the training and validation part; the test part has no boxes.

    Faces that the release calls invalid, hardly to be seen, are left out and
    counted. What it says of the others becomes attributes.

    >>> write_voc_set(read_widerface('downloads/WIDER'), 'data/widerface')

    Args:
        release: Folder that holds `wider_face_split/`, `WIDER_train/` and
            `WIDER_val/`, each zipped or unpacked. The pictures of one of the
            parts may be missing.
        min_size: Faces with a side shorter than this many pixels are left
            out. They stay visible in the pictures.

    Returns:
        The images, with the splits `train` and `val`, all boxes named `face`.

    Raises:
        InputError: A part of the release is missing or damaged.
    """
    root = Release(release)
    folder = root.folder('wider_face_split')
    lists = {
        split: list(_read_list(folder / f'wider_face_{split}_bbx_gt.txt'))
        for split in _SPLITS
    }
    # Of a part that is missing, every picture is.
    images = {
        split: (root.find_folder(f'WIDER_{split}') or root.path) / 'images'
        for split in _SPLITS
    }
    return ImageStream(
        images=(
            image_in(
                images[split],
                name,
                split,
                faces=tuple(map(partial(_read_face, min_size), rows)),
            )
            for split, entries in lists.items()
            for name, rows in entries
        ),
        total=sum(map(len, lists.values())),
        origin={
            'format': 'WIDER FACE',
            'release': str(root.path),
            'min_size': min_size,
        },
        classes=(),
    )


def _read_list(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The path of each image and the rows of its faces."""
    lines = filter(None, map(str.strip, read_lines(path, UNPACK)))
    for name in lines:
        count = next(lines, '')
        # A picture without a face has a row, too, of zeros.
        number = whole_number(count)
        rows = list(islice(lines, max(number or 0, 1)))
        if number is None or len(rows) < max(number, 1):
            raise InputError(
                f'{path}: {shown([name])} is followed by {quoted(count)}, '
                'which should be the number of its faces and rows; unpack the '
                'release again'
            )
        yield name, rows[:number]


def _read_face(min_size: float, row: str) -> VOCObject | SkippedFace:
    numbers = row.split()
    box = sized_box(numbers[:4])
    facts = dict(zip(_FACTS, numbers[4:], strict=False))
    if facts.pop('invalid', '0') == '1':
        return SkippedFace(Skipped.INVALID, '')
    if box and min(box[2] - box[0], box[3] - box[1]) < min_size:
        return SkippedFace(Skipped.SMALL, 'x'.join(numbers[2:4]))
    return make_face(FACE, '', box, row, attributes=facts)
