"""The dump of a test: its file, its faults, and two processes."""

import json
import multiprocessing
import os
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
from record_cases import golden_predictions, predictions, record, report_of

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import (
    FERMetric,
    Predictions,
)

FACE = (10.1, 20.0, 49.0, 79.0)
CLASSES = ('Happy', 'Sad')


def test_nothing_is_lost_in_the_file(tmp_path):
    written = golden_predictions()
    written.write(tmp_path / 'p.json')
    read = Predictions.read(tmp_path / 'p.json')
    assert read.class_names == written.class_names
    for image, expected in zip(read.images, written.images, strict=True):
        assert image.path == expected.path
        assert (image.width, image.height) == (320, 240)
        np.testing.assert_equal(vars(image), vars(expected))
    names = written.class_names
    assert report_of(read.images, names) == report_of(written.images, names)


@pytest.mark.parametrize(
    'one',
    [
        record(),
        record([(*FACE, 0.9, 1)]),
        record([], [(*FACE, 0)]),
        # Ignored faces stay ignored.
        record([], [(*FACE, 0), (*FACE, 1)], ignored=[1]),
        # Its file may have another name.
        replace(record(), img_id='IMG_0'),
    ],
)
def test_every_kind_of_image(tmp_path, one):
    written = predictions([one], CLASSES)
    written.write(tmp_path / 'p.json')
    (read,) = Predictions.read(tmp_path / 'p.json').images
    np.testing.assert_equal(vars(read), vars(written.images[0]))


def test_the_file_is_plain_json(tmp_path):
    one = record([(*FACE, 0.9, 1)], [(*FACE, 0), (*FACE, 1)], ignored=[1])
    one = replace(one, img_id='zero')
    predictions([one], CLASSES).write(tmp_path / 'p.json')
    text = (tmp_path / 'p.json').read_text()
    assert ' ' not in text.splitlines()[1]  # there are many such lines
    assert json.loads(text) == {
        'classes': ['Happy', 'Sad'],
        'images': [
            {
                'path': 'faces/0.jpg',
                'id': 'zero',
                'width': 320,
                'height': 240,
                'detections': [
                    {'bbox': list(FACE), 'score': 0.9, 'label': 'Sad'}
                ],
                'ground_truth': [{'bbox': list(FACE), 'label': 'Happy'}],
                'ignored': [{'bbox': list(FACE), 'label': 'Sad'}],
            }
        ],
    }


@pytest.mark.parametrize(
    'path, image_id',
    [
        ('set/JPEGImages/anna/shot0.jpg', 'anna/shot0'),
        ('JPEGImages/JPEGImages/a.b.jpg', 'a.b'),
        ('album/shot0.jpg', 'shot0'),
    ],
)
def test_a_file_without_ids_names_images_by_their_paths(
    tmp_path, path, image_id
):
    image = {'path': path, 'width': 9, 'height': 9}
    image |= {'detections': [], 'ground_truth': []}
    content = {'classes': CLASSES, 'images': [image]}
    (tmp_path / 'p.json').write_text(json.dumps(content))
    (read,) = Predictions.read(tmp_path / 'p.json').images
    assert read.image_id == image_id


IMAGE = {'path': 'a.jpg', 'width': 9, 'height': 9}


@pytest.mark.parametrize(
    'content, message',
    [
        ('', 'no predictions'),
        ('[]', 'no predictions'),
        ('{"classes": ["Sad"]}', "no predictions.*'images'"),
        ('{"classes": ["Sad"], "images": []}', 'holds no image'),
        ('{"classes": [], "images": [{}]}', 'classes: found'),
        ('{"classes": "Sad", "images": [{}]}', 'classes: found'),
        ('{"classes": [1], "images": [{}]}', 'classes: found'),
        ('{"classes": ["\\ud800"], "images": [{}]}', 'classes: found'),
        pytest.param('[' * 10**5, 'nested too deeply', id='brackets'),
        ('\ud800', 'no predictions.*utf-8'),
        *[
            (
                {**IMAGE, 'width': width, 'detections': [], 'ground_truth': []},
                'no predictions',
            )
            for width in (10**400, 'wide', None, [9])
        ],
        *[
            ({**IMAGE, **part, 'detections': [], 'ground_truth': []}, words)
            for part, words in (
                ({'width': -9}, r'a\.jpg has -9x9 pixels: write 0'),
                ({'path': ''}, "the path '' .*: name its file"),
                ({'path': '/'}, "the path '/' .*: name its file"),
                ({'path': 'a\0/b.jpg'}, r"'a\\x00/b\.jpg' .*: name its file"),
                ({'id': 'a\0'}, r"the id 'a\\x00': name its file"),
            )
        ],
        *[
            (
                {
                    **IMAGE,
                    'detections': [{'bbox': box, 'score': 1, 'label': label}],
                    'ground_truth': [],
                },
                'boxes of shape|no predictions|holds NaN',
            )
            for box, label in (
                ((1, 2, 3), 'Sad'),
                ((1, 2, 3, 'x'), 'Sad'),
                ((1, 2, 3, None), 'Sad'),
                (FACE, ['Sad']),
                (FACE, {'Sad': 1}),
                (FACE, 7),
            )
        ],
        (
            {'detections': [], 'ground_truth': [], 'path': 'a.jpg'},
            "no predictions.*'width'",
        ),
        (
            {
                **IMAGE,
                'detections': [{'bbox': FACE, 'score': 1, 'label': 'Bored'}],
                'ground_truth': [],
            },
            "no predictions.*'Bored'",
        ),
        (
            {
                **IMAGE,
                'detections': [
                    {'bbox': FACE, 'score': float('nan'), 'label': 'Sad'}
                ],
                'ground_truth': [],
            },
            'a.jpg has a score that is NaN',
        ),
    ],
)
def test_faults_of_a_file_are_named(tmp_path, content, message):
    if isinstance(content, dict):
        content = json.dumps({'classes': ['Sad'], 'images': [content]})
    (tmp_path / 'p.json').write_bytes(content.encode(errors='surrogatepass'))
    with pytest.raises(InputError, match=rf'p\.json.*{message}') as error:
        Predictions.read(tmp_path / 'p.json')
    assert '\n' not in str(error.value)


def test_numbers_beyond_all_measure_are_boxes_far_outside(tmp_path):
    image = {
        **IMAGE,
        'detections': [
            {'bbox': (0, 0, 10**400, 9), 'score': 0.5, 'label': 'Sad'}
        ],
        'ground_truth': [],
    }
    content = json.dumps({'classes': ['Sad'], 'images': [image]})
    (tmp_path / 'p.json').write_text(content)
    (read,) = Predictions.read(tmp_path / 'p.json').images
    assert np.isfinite(read.boxes).all()


def test_a_long_label_has_no_room_in_every_place(tmp_path):
    found = [{'bbox': FACE, 'score': 0.5, 'label': 'Sad'}] * 2000
    found.append({'bbox': FACE, 'score': 0.5, 'label': 'b' * 2 * 10**6})
    image = {**IMAGE, 'detections': found, 'ground_truth': []}
    content = json.dumps({'classes': ['Sad'], 'images': [image]})
    (tmp_path / 'p.json').write_text(content)
    tracemalloc.start()
    with pytest.raises(InputError, match='no predictions'):
        Predictions.read(tmp_path / 'p.json')
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


def test_a_detector_may_say_much(tmp_path):
    """More than any other text may have."""
    path = tmp_path / 'p.json'
    golden_predictions().write(path)
    with path.open('a') as file:
        file.write(' ' * 65 * 2**20)
    assert Predictions.read(path).images
    os.truncate(path, 2**40)
    with pytest.raises(InputError, match='larger than 128 MiB'):
        Predictions.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r'none\.json cannot be read'):
        Predictions.read(tmp_path / 'none.json')


def samples(count):
    """The first golden images as mmdet's data samples."""
    for one in golden_predictions().images[:count]:
        yield {
            'img_path': one.path,
            'ori_shape': (one.height, one.width),
            'pred_instances': {
                'bboxes': torch.tensor(one.boxes, dtype=torch.float32),
                'scores': torch.tensor(one.scores, dtype=torch.float32),
                'labels': torch.tensor(one.labels),
            },
            'gt_instances': {
                'bboxes': torch.tensor(one.gt_boxes, dtype=torch.float32),
                'labels': torch.tensor(one.gt_labels),
            },
        }


def dump(path, images, size):
    metric = FERMetric(dump=path)
    metric.dataset_meta = {'classes': golden_predictions().class_names}
    metric.process({}, images)
    metric.evaluate(size)


def _dump_share(rank, folder):
    """Dump every second image of 7, the last one padded, as rank."""
    os.chdir(folder)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2
    )
    images = list(samples(7))
    # The sampler repeats to come out even.
    dump(folder / 'two.json', [*images, images[0]][rank::2], 7)
    torch.distributed.destroy_process_group()


def test_two_processes_write_what_one_writes(tmp_path):
    context = multiprocessing.get_context('fork')
    processes = [
        context.Process(target=_dump_share, args=(rank, tmp_path))
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)
        assert process.exitcode == 0
    dump(tmp_path / 'one.json', samples(7), 7)
    one, two = (tmp_path / f'{n}.json' for n in ('one', 'two'))
    assert two.read_bytes() == one.read_bytes()
