"""FERMetric as mmengine's evaluators use it, in one process and in two."""

import json
import logging
import multiprocessing
import os
from math import isnan
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from mmyolo.registry import METRICS

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import FERMetric, Predictions, fer_metrics

GOLDEN = Path(__file__).parents[1] / 'data' / 'detection_metric.json'
CLASSES = ('Anger', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise')
FACE = [[10.0, 20.0, 49.0, 79.0]]


def metric(**options):
    built = FERMetric(**options)
    built.dataset_meta = {'classes': CLASSES}
    return built


def sample(boxes=FACE, scores=(0.9,), labels=(3,), **parts):
    """A data sample as a dictionary: one happy face, found, unless told."""
    return {
        'img_path': 'faces/0001.jpg',
        'pred_instances': {
            'bboxes': torch.tensor(boxes).reshape(-1, 4),
            'scores': torch.tensor(scores),
            'labels': torch.tensor(labels, dtype=torch.long),
        },
        'gt_instances': {
            'bboxes': torch.tensor(FACE),
            'labels': torch.tensor([3]),
        },
        **parts,
    }


def golden_samples():
    for image in json.loads(GOLDEN.read_text())['images']:
        found = torch.tensor(image['det'], dtype=torch.float).reshape(-1, 6)
        faces = torch.tensor(image['gt'], dtype=torch.float).reshape(-1, 5)
        yield {
            'img_id': image['image_id'],
            'pred_instances': {
                'bboxes': found[:, :4],
                'scores': found[:, 4],
                'labels': found[:, 5].long(),
            },
            'gt_instances': {
                'bboxes': faces[:, :4],
                'labels': faces[:, 4].long(),
            },
        }


def evaluate(samples, fer_metric=None):
    fer_metric = fer_metric or metric()
    samples = list(samples)
    fer_metric.process({}, samples)
    return fer_metric.evaluate(len(samples))


def test_golden_values_through_an_evaluator():
    expected = json.loads(GOLDEN.read_text())['expected']
    evaluator = Evaluator({'type': 'mmyolo.FERMetric'})
    evaluator.dataset_meta = {'classes': CLASSES}
    samples = list(golden_samples())
    for start in range(0, len(samples), 16):
        evaluator.process(samples[start : start + 16])
    result = evaluator.evaluate(len(samples))

    assert round(100 * result['fer/mAP'], 4) == expected['mAP']
    for name, values in expected['per_class'].items():
        assert round(100 * result[f'fer/AP/{name}'], 2) == values['AP']
        assert round(result[f'fer/F1/{name}'], 2) == values['F1']
    assert all(type(value) is float for value in result.values())
    report = evaluator.metrics[0].report
    assert report.avg_f1 == result['fer/avg_F1']


def test_names_and_values():
    assert isinstance(METRICS.build({'type': 'FERMetric'}), FERMetric)
    result = evaluate([sample()], metric(prefix='val_set'))
    names = {
        *(
            f'val_set/{figure}/{name}'
            for figure in ('AP', 'precision', 'recall', 'F1')
            for name in CLASSES
        ),
        *(
            f'val_set/{average}'
            for average in ('mAP', 'avg_precision', 'avg_recall', 'avg_F1')
        ),
        'val_set/face_AP',
    }
    assert set(result) == names
    assert result['val_set/F1/Happy'] == result['val_set/mAP'] == 1
    assert isnan(result['val_set/AP/Sad'])


def test_logs_the_table_and_names_absent_classes(monkeypatch):
    lines = []
    monkeypatch.setattr(
        'fer_yolo_mamba.evaluation.fer_metric.print_log',
        lambda text, logger, level=logging.INFO: lines.append((text, level)),
    )
    fer_metric = metric()
    evaluate([sample()], fer_metric)
    (table, table_level), (absent, absent_level) = lines
    assert str(fer_metric.report) in table
    assert table_level == logging.INFO
    assert 'Anger' in absent and 'Happy' not in absent
    assert absent_level == logging.WARNING


@pytest.mark.parametrize(
    'samples, recall',
    [
        ([sample()], 1.0),
        # NumPy arrays, half precision and instances in place of dictionaries
        (
            [
                sample(
                    pred_instances={
                        'bboxes': np.array(FACE),
                        'scores': np.array([0.9]),
                        'labels': np.array([3]),
                    }
                )
            ],
            1.0,
        ),
        (
            [
                sample(
                    pred_instances=InstanceData(
                        bboxes=torch.tensor(FACE, dtype=torch.bfloat16),
                        scores=torch.tensor([0.9], dtype=torch.bfloat16),
                        labels=torch.tensor([3]),
                    )
                )
            ],
            1.0,
        ),
        # nothing found; one image of two
        ([sample([], [], [])], 0.0),
        ([sample(), sample([], [], [])], 0.5),
        # a box that overflowed in the decoder is merely wrong
        ([sample([[0.0, 0.0, float('inf'), 9.0]])], 0.0),
        # flags present but no ignored object, as PackDetInputs leaves them
        ([sample(ignored_instances=InstanceData())], 1.0),
    ],
)
def test_what_samples_may_hold(samples, recall):
    assert evaluate(samples)['fer/recall/Happy'] == recall


def test_ignored_faces_are_neither_missed_nor_mistakes():
    difficult = {
        'bboxes': torch.tensor([[100.0, 20.0, 139.0, 79.0]]),
        'labels': torch.tensor([3]),
    }
    found = [*FACE, [101.0, 20.0, 139.0, 79.0]]
    for boxes, scores, labels in (
        (FACE, (0.9,), (3,)),
        (found, (0.9, 0.95), (3, 3)),
    ):
        one = sample(boxes, scores, labels, ignored_instances=difficult)
        result = evaluate([one])
        assert result['fer/precision/Happy'] == 1
        assert result['fer/recall/Happy'] == 1
        assert result['fer/AP/Happy'] == 1


@pytest.mark.parametrize(
    'broken, message',
    [
        (sample(scores=(float('nan'),)), '0001.jpg.*diverged'),
        (sample(scores=(0.9, 0.8)), '1 boxes but 2 scores'),
        (sample([[float('nan'), 0.0, 1.0, 1.0]]), 'NaN'),
        (sample(labels=(7,)), 'outside 0 to 6'),
        (sample(labels=(-1,)), 'outside 0 to 6'),
        (sample(labels=(3, 3)), 'one label a box'),
        (sample(gt_instances={}), 'LoadAnnotations'),
        (sample(gt_instances=None), 'LoadAnnotations'),
        (sample(pred_instances=None), 'pred_instances'),
        (
            sample(pred_instances={'bboxes': [], 'labels': []}),
            'lack scores',
        ),
        (
            sample(gt_instances={'bboxes': FACE, 'labels': [9]}),
            'ground truth of faces/0001.jpg',
        ),
        (
            sample(gt_instances={'bboxes': [[9, 9, 5, 12]], 'labels': [3]}),
            'ends before it begins',
        ),
        (
            sample(gt_instances={'bboxes': [[9, 9, 5, 12, 0]], 'labels': [3]}),
            'shape',
        ),
    ],
)
def test_faults_in_samples_are_named(broken, message):
    with pytest.raises(InputError, match=message):
        metric().process({}, [broken])


@pytest.mark.parametrize('meta', [None, {}, {'classes': ()}])
def test_a_data_set_must_name_its_classes(meta):
    fer_metric = FERMetric()
    fer_metric.dataset_meta = meta
    with pytest.raises(InputError, match='classes'):
        fer_metric.process({}, [sample()])


@pytest.mark.parametrize(
    'options',
    [{'iou_thr': 0}, {'iou_thr': 1.5}, {'score_thr': -0.1}, {'score_thr': 2}],
)
def test_thresholds_must_make_sense(options):
    (name,) = options
    with pytest.raises(InputError, match=name):
        FERMetric(**options)


def _evaluate_share(rank, folder, queue):
    """Evaluate every second image of 7, the last one padded, as rank."""
    os.chdir(folder)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2
    )
    samples = list(golden_samples())[:7]
    samples = [*samples, samples[0]]  # the sampler repeats to come out even
    fer_metric = metric()
    fer_metric.process({}, samples[rank::2])
    queue.put((rank, fer_metric.evaluate(7)))
    torch.distributed.destroy_process_group()


def test_two_processes_give_what_one_gives(tmp_path):
    context = multiprocessing.get_context('fork')
    queue = context.Queue()
    processes = [
        context.Process(target=_evaluate_share, args=(rank, tmp_path, queue))
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    try:
        results = dict(queue.get(timeout=60) for _ in processes)
    finally:
        for process in processes:
            process.join(timeout=5)
            process.kill()
    expected = evaluate(list(golden_samples())[:7])
    for result in results.values():
        np.testing.assert_equal(result, expected)


def test_a_dump_needs_to_know_the_images(tmp_path):
    told = sample(ori_shape=(240, 320))
    fer_metric = metric(dump=tmp_path / 'predictions.json')
    for lacking in ('img_path', 'ori_shape'):
        one = {key: told[key] for key in told if key != lacking}
        with pytest.raises(InputError, match=lacking):
            fer_metric.process({}, [one])
    evaluate([told], fer_metric)
    (image,) = Predictions.read(fer_metric.dump).images
    (kept,) = fer_metric.matched.predictions.images
    assert (image.path, image.width, image.height) == (
        *(told['img_path'], 320, 240),
    )
    np.testing.assert_equal(vars(image), vars(kept))


def test_metrics_of_an_evaluator_by_prefix():
    evaluator = Evaluator(
        [
            {'type': 'mmyolo.FERMetric', 'prefix': 'strict', 'iou_thr': 0.75},
            {'type': 'mmengine.DumpResults', 'out_file_path': 'r.pkl'},
            {'type': 'mmyolo.FERMetric'},
        ]
    )
    found = fer_metrics(evaluator)
    assert list(found) == ['strict', 'fer']
    assert found['strict'].iou_thr == 0.75
