"""One good file of every kind that the package reads, to be damaged.

All of them are of a few drawn faces, and of a detector that is trained on them
for two epochs. They are alike on every machine, and nobody's.
"""

import json
import shutil
import zipfile
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import cv2
import torch
from mmengine.registry import DefaultScope
from mmyolo.registry import MODELS

from ...datasets.converters import VOCSet, write_coco, write_txt, write_yolo
from ...datasets.drawn_faces.demo_set import make_demo_set
from ...datasets.images import read_image
from ...datasets.splits import IMAGES
from ...engine.config import load_config
from ...engine.description import METADATA_KEY, Description
from ...engine.training import train
from ...engine.weights_file import write_weights
from ...evaluation import DetectionReport, MatchedClasses, Predictions
from ...evaluation.records import ImageRecord
from ...expressions import EXPRESSIONS
from ...files import write_atomically, write_json
from ..runs import RunRecord

#: Where what reads them may write.
OUT = Path('out')
#: What nothing has any business with; some hostile checkpoints name it.
BYSTANDER = Path('bystander.pth')
SET = Path('set')
CONFIG = Path('tiny.py')
RUN = Path('run/tiny/seed_0')
CHECKPOINT = RUN / 'epoch_2.pth'
WEIGHTS = Path('weights/tiny.safetensors')
ONNX = Path('weights/tiny.onnx')
OPTIONS = Path('options.txt')
PREDICTIONS = Path('run/predictions.json')
SAME_PREDICTIONS = Path('run/again.json')
COCO = Path('coco/train.json')
YOLO = Path('yolo/data.yaml')
TXT = Path('txt/train.txt')

_SIDE = 64
_COUNTS = {'train': 6, 'val': 2, 'test': 2}
#: Of pictures; each is read by another part of OpenCV.
PICTURES = tuple(
    Path('pictures', f'face.{suffix}')
    for suffix in ('jpg', 'png', 'bmp', 'webp', 'tiff', 'ppm', 'jp2')
)
_LOADER = (
    f'dict(batch_size=2, num_workers=0, dataset=dict(data_root={str(SET)!r}))'
)
_CONFIG = """\
_base_ = {base!r}
model = dict(
    backbone=dict(widen_factor=0.0625),
    neck=dict(widen_factor=0.0625),
    bbox_head=dict(head_module=dict(widen_factor=0.0625)),
)
train_dataloader = val_dataloader = test_dataloader = {loader}
train_cfg = dict(max_epochs=2)
default_hooks = dict(logger=dict(interval=1))
"""
# Every pixel is a box with its scores.
_NETWORK = """
<ir_version: 10, opset_import: ["": 18]>
tiny (float[N, 3, H, W] images) => (float[N, A, 4] boxes, float[N, A, 7] scores)
{
  rows = Constant<value_ints=[0, 3, -1]>()
  flat = Reshape(images, rows)
  pixels = Transpose<perm=[0, 2, 1]>(flat)
  channels = Constant<value_ints=[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]>()
  all = Gather<axis=2>(pixels, channels)
  widths = Constant<value_ints=[4, 7]>()
  boxes, logits = Split<axis=2>(all, widths)
  scores = Sigmoid(logits)
}
"""
_VALUES = """\
optim_wrapper.optimizer.lr=0.001
train_cfg.max_epochs=3
train_dataloader.batch_size=4
train_dataloader.num_workers=1
val_dataloader.dataset.ann_file=ImageSets/Main/val.txt
default_hooks.checkpoint.interval=1
default_hooks.checkpoint.save_best=auto
param_scheduler.0.end=200
randomness.seed=0
model.bbox_head.head_module.num_classes=7
model.test_cfg.score_thr=0.01
classes="['Anger','Happy']"
"""


def write_good_files(room: Path, base: Path) -> None:
    """Fills a folder, in which the process then works.

    Args:
        room: The folder.
        base: The config file of a small detector, which becomes smaller still.
    """
    make_demo_set(room / SET, _COUNTS, size=_SIDE)
    _text(room / BYSTANDER, 'private')
    _write_pictures(room)
    _write_exchange_files(room)
    for write in (_rafdb, _sfew, _expw, _affectnet, _ferplus, _widerface):
        write(room)
    _text(
        room / 'folders/table.csv',
        'name,label,split\n'
        'drawn_train_00001.jpg,Happy,train\n'
        'drawn_train_00002.jpg,Sad,train\n',
    )
    _write_network(room, base)
    _write_test(room)


def _text(path: Path, text: str) -> None:
    write_atomically(path, text)


def _picture(room: Path) -> Path:
    """One of the set's own."""
    return min((room / SET / IMAGES).iterdir())


def _write_pictures(room: Path) -> None:
    image = read_image(_picture(room))
    for path in PICTURES:
        _, code = cv2.imencode(path.suffix, image)
        write_atomically(room / path, code.tobytes())
    with zipfile.ZipFile(room / 'pictures.zip', 'w') as archive:
        for path in PICTURES[:2]:
            archive.write(room / path, f'Happy/{path.name}')


def _write_exchange_files(room: Path) -> None:
    voc_set = VOCSet(room / SET, False, EXPRESSIONS)
    for write, folder in (
        (write_coco, COCO.parent),
        (write_yolo, YOLO.parent),
        (write_txt, TXT.parent),
    ):
        write(voc_set, room / folder, ['train'])
    # The folder will be copied, and its copies used.
    for path in (room / YOLO, room / TXT):
        text = path.read_text(encoding='utf-8')
        text = text.replace(f'{room / YOLO.parent}\n', '.\n')
        _text(path, text.replace(f'{room}/', ''))


def _copies(room: Path, *names: str) -> None:
    for name in names:
        path = room / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_picture(room), path)


def _rafdb(room: Path) -> None:
    basic = 'rafdb/basic'
    stem = 'train_00001'
    _copies(room, f'{basic}/Image/original/{stem}.jpg')
    _text(room / basic / 'EmoLabel/list_patition_label.txt', f'{stem}.jpg 5\n')
    annotation = room / basic / 'Annotation'
    _text(annotation / f'boundingbox/{stem}_boundingbox.txt', '3.5 2 30 22.125')
    points = '5.1\t6.2\n' * 5
    _text(annotation / f'manual/{stem}_manu_attri.txt', points + '1\n2\n4\n')


def _sfew(room: Path) -> None:
    for split, stem in (
        ('train', '000100000_00000001'),
        ('val', '010000000_02'),
    ):
        _copies(room, f'sfew/release/{split.title()}/Happy/Film_{stem}.png')
        _text(
            room / f'sfew/boxes/2007_{split}.txt',
            f'/x/JPEGImages/Film_{stem}.jpg 1,2,30,32,3 9,9,40,40,3\n',
        )


def _expw(room: Path) -> None:
    _copies(room, 'expw/image/origin/happy man_1.jpg')
    _text(
        room / 'expw/label/label.lst',
        'happy man_1.jpg 0 2 3 30 32 28.5 3\n'
        'happy man_1.jpg 1 4 11 50 40 9.1 6\n',
    )


def _affectnet(room: Path) -> None:
    lists = room / 'affectnet/Manually_Annotated_file_lists'
    for split in ('training', 'validation'):
        _copies(room, f'affectnet/Manually_Annotated_Images/1/{split}.jpg')
        _text(
            lists / f'{split}.csv',
            'subDirectory_filePath,face_x,face_y,face_width,face_height,'
            'facial_landmarks,expression,valence,arousal\n'
            f'1/{split}.jpg,2,1,30,32,1.5;2.5;3;4,1,0.78,-0.1\n',
        )


def _ferplus(room: Path) -> None:
    votes = (
        'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,'
        'fear,contempt,unknown,NF\nTraining,fer0.png,0,9,1,0,0,0,0,0,0,0\n'
    )
    _text(room / 'ferplus/fer2013new.csv', votes)
    _text(
        room / 'ferplus/fer2013_labels.csv',
        'Image name,fer2013\nfer0.png,happy\n',
    )
    _, code = cv2.imencode('.png', read_image(_picture(room))[:48, :48])
    write_atomically(room / 'ferplus/FER2013Train/fer0.png', code.tobytes())
    pixels = ' '.join(str(number % 256) for number in range(48 * 48))
    _text(room / 'fer2013/fer2013new.csv', votes)
    _text(
        room / 'fer2013/fer2013.csv',
        f'emotion,pixels,Usage\n3,{pixels},Training\n',
    )


def _widerface(room: Path) -> None:
    for split in ('train', 'val'):
        name = f'0--Parade/0_Parade_a_1_{split}.jpg'
        _copies(room, f'widerface/WIDER_{split}/images/{name}')
        _text(
            room / f'widerface/wider_face_split/wider_face_{split}_bbx_gt.txt',
            f'{name}\n2\n2 3 18 19 0 0 0 0 0 0\n1 1 30 5 1 1 1 0 2 1\n',
        )


def _write_network(room: Path, base: Path) -> None:
    """A config, a training with its checkpoints, and a weights file."""
    _text(room / CONFIG, _CONFIG.format(base=str(base), loader=_LOADER))
    _text(room / OPTIONS, _VALUES)
    config = load_config(room / CONFIG, work_dir=room / RUN)
    train(config)
    with DefaultScope.overwrite_default_scope('mmyolo'):
        model = MODELS.build(config.model)
    description = Description.of(
        load_config(room / CONFIG), classes=EXPRESSIONS, version='0'
    )
    write_weights(room / WEIGHTS, model.state_dict(), description)
    if find_spec('onnx'):
        _write_onnx(room / ONNX, description)


def _write_onnx(path: Path, description: Description) -> None:
    from onnx import helper, parser

    model = parser.parse_model(_NETWORK)
    helper.set_model_props(model, {METADATA_KEY: description.to_json()})
    write_atomically(path, model.SerializeToString())


def _write_test(room: Path) -> None:
    """What a test and a study leave behind, and other tools read."""
    images = []
    for number in range(4):
        boxes = torch.tensor([[2.0, 3, 30, 32], [10, 10, 50, 50]]).numpy()
        images.append(
            ImageRecord(
                boxes.astype(float),
                torch.tensor([0.9, 0.25]).double().numpy(),
                torch.tensor([number, 3]).numpy(),
                boxes.astype(float),
                torch.tensor([number, 2]).numpy(),
                torch.tensor([False, number == 0]).numpy(),
                f'set/JPEGImages/train_0000{number}.png',
                _SIDE,
                _SIDE,
            )
        )
    predictions = Predictions(EXPRESSIONS, tuple(images))
    predictions.write(room / PREDICTIONS)
    predictions.write(room / SAME_PREDICTIONS)
    report = DetectionReport.of(MatchedClasses.of(predictions))
    write_json(
        room / 'run/complexity.json',
        [dict(config='ssd_rafdb.py', thop_parameters=1, thop_flops=2)],
    )
    estimate = dict(value=0.7, low=0.6, high=None)
    write_json(
        room / RUN / 'test/report/figures.json',
        dict(intervals=dict(figures={'mean_ap': estimate, 'ap Sad': estimate})),
    )
    record = RunRecord(
        str(CONFIG),
        'a',
        (),
        0,
        2,
        'b',
        {'train.txt': 'c'},
        {'torch': '2'},
        metrics={'fer': report.to_dict()},
    )
    _text(room / RUN / 'run.json', json.dumps(asdict(record)))
