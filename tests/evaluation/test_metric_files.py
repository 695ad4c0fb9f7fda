"""Metrics on disk: rows a class, a history that survives resuming."""

import csv
import json

import numpy as np
import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import per_class_rows, write_metric_files


def metrics(happy, prefix='fer/'):
    return {
        f'{prefix}AP/Happy': happy,
        f'{prefix}F1/Happy': happy,
        f'{prefix}F1/Sad': float('nan'),
        f'{prefix}mAP': happy,
        f'{prefix}avg_F1': happy,
        'loss': 2.0,
    }


def read(path):
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    'prefix, evaluator', [('fer/', 'fer'), ('', ''), ('a/b/', 'a/b')]
)
def test_rows_for_any_prefix(prefix, evaluator):
    happy, sad, average = per_class_rows(metrics(0.5, prefix))
    assert happy == {
        'evaluator': evaluator,
        'class': 'Happy',
        'AP': 0.5,
        'F1': 0.5,
    }
    assert sad['class'] == 'Sad'
    assert average == {**happy, 'class': 'average'}


@pytest.mark.parametrize(
    'other', [{}, {'coco/bbox_mAP': 0.3}, {'pascal_voc/mAP': 0.3}]
)
def test_evaluators_without_classes_have_no_rows(other):
    assert per_class_rows(other) == []


def test_two_evaluators_stay_apart():
    rows = per_class_rows({**metrics(0.5), **metrics(0.4, 'strict/')})
    assert [(row['evaluator'], row['class']) for row in rows] == [
        ('fer', 'Happy'),
        ('fer', 'Sad'),
        ('fer', 'average'),
        ('strict', 'Happy'),
        ('strict', 'Sad'),
        ('strict', 'average'),
    ]


def test_json_holds_the_latest_values(tmp_path):
    write_metric_files(tmp_path / 'new' / 'm', metrics(0.1), 'val', 1)
    latest = {**metrics(0.25), 'loss': np.float32('nan')}
    write_metric_files(tmp_path / 'new' / 'm', latest, 'val', 2)
    content = json.loads((tmp_path / 'new' / 'm.json').read_text())
    assert (content['split'], content['epoch']) == ('val', 2)
    assert content['metrics']['fer/F1/Happy'] == 0.25
    assert content['metrics']['fer/F1/Sad'] is None
    assert content['metrics']['loss'] is None
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
        returned = write_metric_files(
            tmp_path / 'm', metrics(number / 8), split, epoch
        )
    rows = read(tmp_path / 'm.csv')
    assert rows == returned
    happy = [row for row in rows if row['class'] == 'Happy']
    assert [(row['split'], row['epoch']) for row in happy] == expected
    assert float(happy[-1]['F1']) == (len(calls) - 1) / 8
    assert len(rows) == 3 * len(expected)


def test_figures_survive_the_file_exactly(tmp_path):
    write_metric_files(tmp_path / 'm', metrics(1 / 3))
    happy, sad, average = read(tmp_path / 'm.csv')
    assert float(happy['AP']) == float(average['AP']) == 1 / 3
    assert sad['F1'] == 'nan'
    assert happy['recall'] == ''


@pytest.mark.parametrize(
    'text', ['name,age\nme,3\n', 'split,epoch,evaluator,class\nval,1,fer,Sad\n']
)
def test_a_foreign_table_is_not_overwritten(tmp_path, text):
    (tmp_path / 'm.csv').write_text(text)
    with pytest.raises(InputError, match=r'm\.csv.*move it away'):
        write_metric_files(tmp_path / 'm', metrics(0.5))
    assert (tmp_path / 'm.csv').read_text() == text
