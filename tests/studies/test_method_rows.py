"""A table of methods, each row from a file of its own."""

import re
from dataclasses import replace

import numpy as np
import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import ImageRecord, Predictions
from fer_yolo_mamba.studies.method_rows import (
    MethodRow,
    Training,
    methods_table,
)

CLASSES = ('Happy', 'Sad')
TRAINING = Training(
    method='Sure',
    command='python sure.py',
    seed=0,
    steps=100,
    batch=32,
    epochs=2.5,
    seconds=360.0,
    machine='a machine',
)
BOX = (10.0, 10.0, 50.0, 50.0)


def said(labels):
    """A test of one face a picture, Happy and Sad in turn."""
    return Predictions(
        CLASSES,
        tuple(
            ImageRecord(
                boxes=np.array([BOX]),
                scores=np.array([0.9]),
                labels=np.array([label]),
                gt_boxes=np.array([BOX]),
                gt_labels=np.array([index % 2]),
                gt_ignored=np.array([False]),
                path=f'{index}.jpg',
                width=64,
                height=64,
            )
            for index, label in enumerate(labels)
        ),
    )


RIGHT = said([0, 1] * 4)
HALF = said([0, 0] * 4)


def test_a_row_says_how_far_the_reference_is_ahead():
    row = MethodRow.of(TRAINING, HALF, RIGHT, resamples=50)
    assert row.named == 0.5
    assert row.report.face_ap == 1.0
    assert row.lead.difference.value > 0.4
    assert row.lead.superiority == 1.0
    # Four pictures that one alone gets right: 2 / 2 ** 4.
    assert row.p_value == pytest.approx(0.125)


def test_a_row_is_read_as_it_was_written(tmp_path):
    path = tmp_path / 'row.json'
    for reference in (None, RIGHT):
        row = MethodRow.of(TRAINING, HALF, reference, resamples=50)
        row.write(path)
        assert MethodRow.read(path) == row


def test_what_is_no_row_is_refused(tmp_path):
    path = tmp_path / 'row.json'
    path.write_text('{}')
    with pytest.raises(InputError, match=r'row\.json is no row .* measure'):
        MethodRow.read(path)


def test_the_best_method_comes_first():
    best = MethodRow.of(TRAINING, RIGHT, resamples=50)
    other = replace(TRAINING, method='Half')
    worse = MethodRow.of(other, HALF, RIGHT, resamples=50)
    tables = methods_table([worse, best], 'Sure').split('\n\n')
    for table in tables:
        assert re.findall('Sure  |Half  ', table.split('\n', 2)[2]) == [
            'Sure  ',
            'Half  ',
        ]
    assert '100.00 [100.0, 100.0]' in tables[0]
    assert ' 0.12 ' in tables[1]
    assert '100 of 32' in tables[2]
    with pytest.raises(InputError, match='no row'):
        methods_table([], 'Sure')


def test_seeds_of_a_method_are_averaged():
    rows = [
        MethodRow.of(
            replace(TRAINING, method=method, seed=seed),
            test,
            None if method == 'Sure' else RIGHT,
            resamples=50,
        )
        for method, seed, test in (
            ('Sure', 0, RIGHT),
            ('Sure', 1, RIGHT),
            ('Other', 0, RIGHT),
            ('Other', 1, HALF),
        )
    ]
    half = 100 * rows[3].report.mean_ap
    table = methods_table(rows, 'Sure').split('\n\n')[0]
    lines = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in table.splitlines()[2:]
    ]
    assert lines == [
        ['Sure', '0, 1', '100.00', '100.00', '100.00', '–'],
        [
            *('Other', '0, 1', f'{(100 + half) / 2:.2f}', '100.00', '75.00'),
            f'{(100 - half) / 2:+.1f} (+0.0, {100 - half:+.1f})',
        ],
    ]
