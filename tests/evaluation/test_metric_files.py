"""Metrics on disk: rows a class, a history that survives resuming."""

import csv
import json

import numpy as np
import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import DetectionReport, write_metric_files
from fer_yolo_mamba.evaluation.report import ClassResult


def report(happy):
    """Happy faces of which a share is found, and no sad face."""
    classes = tuple(
        ClassResult(value, value, value, 8, 4, name, value, num_ground_truths)
        for name, value, num_ground_truths in (
            ('Happy', happy, 8),
            ('Sad', float('nan'), 0),
        )
    )
    return DetectionReport(classes, 0.5, 0.5)


def write(stem, happy, *when, prefixes=('fer',), **others):
    reports = dict.fromkeys(prefixes, report(happy))
    metrics = {
        f'{prefix}/{name}': value
        for prefix, one in reports.items()
        for name, value in one.to_metrics().items()
    }
    return write_metric_files(stem, reports, metrics | others, *when)


def read(path):
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


def test_a_row_a_class_and_one_for_the_means(tmp_path):
    happy, sad, average = write(tmp_path / 'm', 0.5)
    assert happy == {
        'split': 'test',
        'epoch': '',
        'evaluator': 'fer',
        'class': 'Happy',
        'ap': '0.5',
        'precision': '0.5',
        'recall': '0.5',
        'f1': '0.5',
    }
    assert sad['class'] == 'Sad'
    assert average == {**happy, 'class': 'average'}


def test_evaluators_without_classes_have_no_rows(tmp_path):
    other = {'coco/bbox_mAP': 0.3}
    assert write(tmp_path / 'm', 0.5, prefixes=(), **other) == []
    content = json.loads((tmp_path / 'm.json').read_text())
    assert content['reports'] == {}
    assert content['other_metrics'] == other


def test_two_evaluators_stay_apart(tmp_path):
    rows = write(tmp_path / 'm', 0.5, prefixes=('fer', 'a/b'))
    assert [(row['evaluator'], row['class']) for row in rows] == [
        ('fer', 'Happy'),
        ('fer', 'Sad'),
        ('fer', 'average'),
        ('a/b', 'Happy'),
        ('a/b', 'Sad'),
        ('a/b', 'average'),
    ]


def test_json_holds_the_latest_values(tmp_path):
    write(tmp_path / 'new' / 'm', 0.1, 'val', 1)
    write(tmp_path / 'new' / 'm', 0.25, 'val', 2, loss=np.float32('nan'))
    content = json.loads((tmp_path / 'new' / 'm.json').read_text())
    assert (content['split'], content['epoch']) == ('val', 2)
    assert content['reports']['fer']['classes']['Happy']['f1'] == 0.25
    assert content['reports']['fer']['classes']['Sad']['f1'] is None
    assert content['reports']['fer']['mean_ap'] == 0.25
    assert content['other_metrics'] == {'loss': None}
    assert sorted(p.name for p in (tmp_path / 'new').iterdir()) == [
        'm.csv',
        'm.json',
    ]


@pytest.mark.parametrize(
    'calls, expected',
    [
        # split, epoch of each call; then what Happy's rows say
        ([('val', 1), ('val', 2)], [('val', '1'), ('val', '2')]),
        # resumed from epoch 1: 2 and 3 are made anew
        (
            [('val', 1), ('val', 2), ('val', 3), ('val', 2)],
            [('val', '1'), ('val', '2')],
        ),
        # tests leave the history of validations alone, and replace each other
        (
            [('val', 1), ('test', None), ('val', 2), ('test', None)],
            [('val', '1'), ('val', '2'), ('test', '')],
        ),
        # a validation outside training does not end the history
        (
            [('val', 1), ('val', 2), ('val', None)],
            [('val', '1'), ('val', '2'), ('val', '')],
        ),
        ([('test', None), ('test', 5)], [('test', ''), ('test', '5')]),
    ],
)
def test_csv_is_a_history_without_duplicates(tmp_path, calls, expected):
    for number, (split, epoch) in enumerate(calls):
        returned = write(tmp_path / 'm', number / 8, split, epoch)
    rows = read(tmp_path / 'm.csv')
    assert rows == returned
    happy = [row for row in rows if row['class'] == 'Happy']
    assert [(row['split'], row['epoch']) for row in happy] == expected
    assert float(happy[-1]['f1']) == (len(calls) - 1) / 8
    assert len(rows) == 3 * len(expected)


def test_figures_survive_the_file_exactly(tmp_path):
    write(tmp_path / 'm', 1 / 3)
    happy, sad, average = read(tmp_path / 'm.csv')
    assert float(happy['ap']) == float(average['ap']) == 1 / 3
    assert sad['f1'] == 'nan'


HEADER = 'split,epoch,evaluator,class,ap,precision,recall,f1'


@pytest.mark.parametrize(
    'text',
    [
        'name,age\nme,3\n',
        'split,epoch,evaluator,class\nval,1,fer,Sad\n',
        f'{HEADER}\nval,1,fer,Sad,1,1,1\n',
        f'{HEADER}\nval,1,fer,Sad,1,1,1,1,1\n',
        f'{HEADER}\nval,{"9" * 99},fer,Sad,1,1,1,1\n',
        f'{HEADER}\nval,1,fer,"Sad,1,1,1,1\n',
    ],
)
def test_a_foreign_table_is_not_overwritten(tmp_path, text):
    (tmp_path / 'm.csv').write_text(text)
    with pytest.raises(InputError, match=r'm\.csv.*move it away'):
        write(tmp_path / 'm', 0.5)
    assert (tmp_path / 'm.csv').read_text() == text
