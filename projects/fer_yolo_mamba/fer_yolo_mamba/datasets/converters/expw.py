"""Reads ExpW, Expression in the Wild.

Zhang, Luo, Loy, Tang: From facial expression recognition to interpersonal
relation prediction, IJCV 2018.
"""

import os
from collections import Counter
from collections.abc import Iterator

from ...errors import InputError
from ...expressions import EXPW_LABELS
from ..voc_xml import VOCObject
from .boxes import parse_numbers
from .fault import Fault
from .folder import Folder
from .held_out import hold_out
from .image_stream import ImageStream
from .label import expression_of
from .labelled_image import LabelledImage
from .release_folder import ReleaseFolder

_LABELS = 'label.lst'
_COLUMNS = 'name face_id top left right bottom confidence label'

_Rows = dict[str, list[list[str]]]  # the further columns, by image


def read_expw(
    release: str | os.PathLike, test_fraction: float = 0.1, seed: int = 0
) -> ImageStream:
    """Reads the release, in which an image may have several labelled faces.

    ExpW has no split of its own: a share of the images, the same of each
    class, is drawn as `test`. The confidence of the release's face detector
    becomes the attribute `confidence`.

    >>> write_voc_set(read_expw('downloads/ExpW'), 'data/expw')

    Args:
        release: Folder that holds `label/label.lst` and `image/origin/`, the
            images zipped or unpacked.
        test_fraction: Share of the images to put into `test`, from 0 to 1.
        seed: Draws another split.

    Returns:
        The images, with the splits `train` and `test`.

    Raises:
        InputError: A part of the release is missing or damaged, or the
            fraction is none.
    """
    if not 0 <= test_fraction < 1:
        raise InputError(
            f'test_fraction: {test_fraction} is no share; choose 0 or more '
            'and less than 1'
        )
    root = ReleaseFolder(release)
    rows = _read_rows(root.folder('label'))
    images = root.folder('origin')
    counts = {
        name: Counter(row[-1] for row in faces) for name, faces in rows.items()
    }
    return ImageStream(
        images=_read_images(
            rows, images, hold_out(counts, test_fraction, seed)
        ),
        total=len(rows),
        origin={
            'format': 'ExpW',
            'release': str(root.path),
            'test_fraction': test_fraction,
            'seed': seed,
        },
    )


def _read_rows(folder: Folder) -> _Rows:
    rows: _Rows = {}
    further = len(_COLUMNS.split()) - 1
    for number, line in enumerate(folder.lines(_LABELS), start=1):
        name, *row = line.strip().rsplit(maxsplit=further) or ['']
        if len(row) == further:
            rows.setdefault(name, []).append(row)
        elif name:
            raise InputError(
                f'{folder}/{_LABELS}: line {number} is {line.strip()!r}, '
                f'where "{_COLUMNS}" should be; unpack the release again'
            )
    return rows


def _read_images(
    rows: _Rows, images: Folder, test: set[str]
) -> Iterator[LabelledImage]:
    for name, faces in rows.items():
        source = images.find(name)
        usable, faults = [], []
        for _, top, left, right, bottom, confidence, label in faces:
            box = parse_numbers((left, top, right, bottom), 4)
            expression = expression_of(label, EXPW_LABELS)
            if expression is None:
                faults.append((Fault.UNKNOWN_LABEL, label))
            elif box is None:
                faults.append((Fault.BAD_BOX, f'{left} {top} {right} {bottom}'))
            else:
                facts = {'confidence': confidence}
                usable.append(VOCObject(expression, box, attributes=facts))
        yield LabelledImage(
            image_id=os.path.splitext(name)[0],
            source=source,
            splits=('test' if name in test else 'train',),
            faces=tuple(usable),
            faults=tuple(faults) if source else ((Fault.NO_IMAGE, ''),),
        )
