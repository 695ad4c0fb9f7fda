"""Every reader of the package, and what is never a sane result of it.

A reader is called in a folder of good files (:mod:`.good_files`) of which one
is damaged.
"""

import math
import shutil
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import NoReturn

import numpy as np

from ...apis import FERDetector
from ...datasets import FERVOCDataset, read_voc_xml
from ...datasets.converters import (
    ImageStream,
    read_affectnet,
    read_class_folders,
    read_coco,
    read_expw,
    read_ferplus,
    read_rafdb,
    read_sfew,
    read_txt,
    read_widerface,
    read_yolo,
    write_voc_set,
)
from ...datasets.converters.records import SetKind
from ...datasets.converters.set_folder import read_manifest
from ...datasets.images import image_size, read_image
from ...datasets.splits import ANNOTATIONS, IMAGES, read_split, split_path
from ...engine.config import add_config_arguments, load_config
from ...engine.run_folder import latest_checkpoint
from ...engine.settings import check_settings
from ...engine.weights_file import load_described
from ...errors import InputError
from ...evaluation import (
    DetectionReport,
    MatchedClasses,
    Predictions,
    write_metric_files,
)
from ...evaluation.predictions import pair_predictions
from ...expressions import EXPRESSIONS
from ...visualization import plot_run
from ..paper.figures import read_complexity
from ..paper.sources import FinishedRun
from ..runs import RunRecord
from .good_files import (
    COCO,
    CONFIG,
    ONNX,
    OPTIONS,
    OUT,
    PICTURES,
    PREDICTIONS,
    RUN,
    SAME_PREDICTIONS,
    SET,
    TXT,
    WEIGHTS,
    YOLO,
)
from .mutations import mutated
from .outcomes import ImpossibleResult
from .trial import Attempt

_DRAWN = SetKind('drawn_faces.json', 'drawn faces, no photographs', 1)


@dataclass(frozen=True)
class Reader:
    """What reads files of a kind.

    Attributes:
        name: Of the kind.
        files: Patterns of the good files, one of which is damaged.
        read: Takes the damaged file; raises :class:`ImpossibleResult` where
            what it has read cannot be.
        share: Of all trials, relative to the others; less where one is slow.
    """

    name: str
    files: tuple[str, ...]
    read: Callable[[Path], object]
    share: float = 1.0


def _demand(condition: object, what: str) -> None:
    if not condition:
        raise ImpossibleResult(what)


def _image(path: Path) -> None:
    image = read_image(path)
    _demand(
        image.dtype == np.uint8 and image.ndim == 3 and image.size,
        f'array of {image.dtype}, {image.shape}',
    )
    size = image_size(path)
    _demand(size == image.shape[1::-1], f'{size} and {image.shape}')


def _annotation(path: Path) -> None:
    found = read_voc_xml(path)
    # 0 for a size that is not told.
    _demand(
        found.width >= 0 and found.height >= 0, f'{found.width}x{found.height}'
    )
    for face in found.objects:
        _demand(all(map(math.isfinite, face.bbox)), f'{face.bbox}')
        _demand(face.name.strip(), 'a face without name')


def _voc_set(path: Path) -> None:
    dataset = FERVOCDataset(
        ann_file=str(split_path('', 'train')),
        data_root=str(SET),
        pipeline=[],
        lazy_init=True,
    )
    dataset.full_init()
    _demand(len(dataset), 'a set without images')
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        for face in info['instances']:
            x1, y1, x2, y2 = face['bbox']
            _demand(
                0 <= x1 < x2 <= info['width']
                and 0 <= y1 < y2 <= info['height']
                and 0 <= face['bbox_label'] <= len(EXPRESSIONS),
                f'{face} in {info["width"]}x{info["height"]}',
            )


def _split(path: Path) -> None:
    _demand(read_split(path, SET / ANNOTATIONS), 'no image')


def _manifest(path: Path) -> None:
    # What the manifest says decides what is drawn anew: that is not tried.
    read_manifest(path.parent, _DRAWN)


def _converted(stream: ImageStream) -> None:
    write_voc_set(stream, OUT / 'set', dry_run=True)


def _coco(path: Path) -> None:
    _converted(read_coco({'train': COCO}, SET / IMAGES))


def _yolo(path: Path) -> None:
    _converted(read_yolo(YOLO))


def _txt(path: Path) -> None:
    _converted(read_txt({'train': TXT}, SET / IMAGES))


def _table(path: Path) -> None:
    _converted(read_class_folders(SET / IMAGES, path))


def _zip(path: Path) -> None:
    # Unpacks beside the archive.
    copy = OUT / 'faces.zip'
    OUT.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    try:
        _converted(read_class_folders(copy))
    finally:
        shutil.rmtree(OUT)


def _predictions(path: Path) -> None:
    report = DetectionReport.of(MatchedClasses.of(Predictions.read(path)))
    for figure in (report.mean_ap, report.avg_f1):
        _demand(math.isnan(figure) or 0 <= figure <= 1, f'{figure}')


def _pair(path: Path) -> None:
    pair_predictions(Predictions.read(SAME_PREDICTIONS), Predictions.read(path))


def _metrics(path: Path) -> None:
    copy = OUT / path.name
    OUT.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    try:
        write_metric_files(copy.with_suffix(''), {}, {}, 'val', 2)
    finally:
        shutil.rmtree(OUT)


def _record(path: Path) -> None:
    _demand(RunRecord.read(path.parent) is not None, 'no record')


def _figures(path: Path) -> None:
    FinishedRun(RUN, RunRecord.read(RUN)).intervals()


def _log(path: Path) -> None:
    plot_run(RUN)


def _weights(path: Path) -> None:
    description, model = load_described(path)
    _demand(description.classes, 'no classes')
    for name, value in model.state_dict().items():
        _demand(value.isfinite().all(), f'{name} is not finite')


def _onnx(path: Path) -> None:
    for result in FERDetector(path)(PICTURES[0]):
        for face in result.faces:
            x1, y1, x2, y2 = face.bbox
            _demand(
                0 <= x1 < x2 <= result.width and 0 <= y1 < y2 <= result.height,
                f'{face}',
            )


def _pointer(path: Path) -> None:
    found = latest_checkpoint(path.parent)
    _demand(found is None or found.is_file(), f'{found}')


class _Parser(ArgumentParser):
    # As the command line shows it, without the usage before it.
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def _options(path: Path) -> None:
    lines = path.read_bytes().decode('utf-8', 'surrogateescape').splitlines()
    parser = _Parser()
    add_config_arguments(parser)
    args = parser.parse_args(
        [
            str(CONFIG),
            '--cfg-options',
            *(x for x in lines if '=' in x and not x.startswith('-')),
        ]
    )
    check_settings(load_config(args.config, args.cfg_options))


_FEW = 0.3
READERS = (
    Reader('picture', tuple(map(str, PICTURES)), _image, 3),
    Reader('annotation', (f'{SET}/Annotations/*.xml',), _annotation, 2),
    Reader(
        'VOC set',
        (
            f'{SET}/ImageSets/Main/train.txt',
            f'{SET}/Annotations/drawn_train_*.xml',
            f'{SET}/{IMAGES}/drawn_train_*.jpg',
        ),
        _voc_set,
        2,
    ),
    Reader('split list', (f'{SET}/ImageSets/Main/*.txt',), _split),
    Reader('manifest of a set', (f'{SET}/drawn_faces.json',), _manifest, _FEW),
    Reader('COCO', (str(COCO),), _coco),
    Reader('YOLO', (str(YOLO), 'yolo/labels/train/*.txt'), _yolo),
    Reader('box list', (str(TXT),), _txt),
    Reader('table of classes', ('folders/table.csv',), _table),
    Reader('zip', ('pictures.zip',), _zip),
    Reader(
        'AffectNet',
        ('affectnet/Manually_Annotated_file_lists/*.csv',),
        lambda _: _converted(read_affectnet('affectnet')),
    ),
    Reader(
        'ExpW',
        ('expw/label/label.lst',),
        lambda _: _converted(read_expw('expw')),
    ),
    Reader(
        'FER+',
        ('ferplus/*.csv',),
        lambda _: _converted(read_ferplus('ferplus')),
    ),
    Reader(
        'FER2013',
        ('fer2013/*.csv',),
        lambda _: _converted(read_ferplus('fer2013')),
    ),
    Reader(
        'RAF-DB',
        ('rafdb/basic/EmoLabel/*.txt', 'rafdb/basic/Annotation/*/*.txt'),
        lambda _: _converted(read_rafdb('rafdb')),
    ),
    Reader(
        'SFEW',
        ('sfew/boxes/*.txt',),
        lambda _: _converted(read_sfew('sfew/release', 'sfew/boxes')),
    ),
    Reader(
        'WIDER FACE',
        ('widerface/wider_face_split/*.txt',),
        lambda _: _converted(read_widerface('widerface')),
    ),
    Reader('predictions', (str(PREDICTIONS),), _predictions, 2),
    Reader('two tests', (str(PREDICTIONS),), _pair, _FEW),
    Reader('metrics.csv', (f'{RUN}/metrics.csv',), _metrics),
    Reader('run.json', (f'{RUN}/run.json',), _record),
    Reader('figures of a test', (f'{RUN}/test/report/figures.json',), _figures),
    Reader('complexity', ('run/complexity.json',), read_complexity, _FEW),
    Reader(
        'log of a training',
        (f'{RUN}/*/vis_data/scalars.json', f'{RUN}/metrics.csv'),
        _log,
        _FEW,
    ),
    Reader('weights file', (str(WEIGHTS),), _weights),
    Reader('last_checkpoint', (f'{RUN}/last_checkpoint',), _pointer),
    Reader('options', (str(OPTIONS),), _options, 2),
)
if find_spec('onnx') and find_spec('onnxruntime'):
    READERS += (Reader('ONNX model', (str(ONNX),), _onnx),)


def damaged(subject: str, number: str, *, seed: int) -> Attempt:
    """A reader and the file of a number for it, in the current folder.

    Args:
        subject: Name of the reader.
        number: Of the trial; 0 is that of a good file, as it is.
        seed: The same seed damages the same files alike.
    """
    (reader,) = [reader for reader in READERS if reader.name == subject]
    random = Random(f'{seed}/{subject}/{number}')
    files = sorted(
        path for pattern in reader.files for path in Path().glob(pattern)
    )
    place = random.choice(files)
    content = place.read_bytes()
    if int(number):
        content = mutated(content, random)
    return Attempt(subject, number, place, content, reader.read)
