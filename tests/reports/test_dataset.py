"""The report of a check: what it tells, its files."""

import csv
import re

import cv2
import numpy as np
import pytest
from voc_sets import add_image

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.checks import (
    CheckSettings,
    check_dataset,
    pattern_groups,
)
from fer_yolo_mamba.datasets.splits import write_split
from fer_yolo_mamba.reports.dataset import write_report


@pytest.fixture
def check(tmp_path):
    """60 images without an annotation, three sound ones, one of them twice."""
    root = tmp_path / 'été set'
    noise = np.random.default_rng(0)
    face = VOCObject('Sad', (0, 0, 24, 24))
    for name in ('s_1', 's_2', 't_1'):
        image = noise.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        add_image(root, f'{name}.png', face, image=image)
    listed = root / 'ImageSets' / 'Main'
    write_split(listed / 'train.txt', ['s_1', *map(str, range(60))])
    write_split(listed / 'test.txt', ['s_2', 't_1', 's_1'])
    settings = CheckSettings(groups_of=pattern_groups(r'(\w)_\d'))
    return check_dataset(root, ['train', 'test'], settings)


def test_the_report_opens_with_the_verdict_and_counts(check, tmp_path):
    write_report(check, tmp_path / 'out')
    text = (tmp_path / 'out' / 'report.md').read_text(encoding='utf-8')
    lines = [line for line in text.splitlines() if line]
    assert lines[0].startswith('# Check of ')
    assert lines[1].endswith('été set: 122 faults, in 61 of 64 images.')
    assert re.fullmatch(r'\| images +\| 61 +\| 3 +\|', lines[4])
    for row in (
        r'\| missing image +\| 60 +\| 0 +\|',
        r'\| same file in two splits +\| 1 +\| 0 +\|',
        r'\| clip or subject in two splits +\| 1 +\| 0 +\|',
        r'\| train and test +\| 1 +\| 1 +\| 2 +\|',
        r'\| Sad +\| 1 +\| 3 +\|',
        r'\| images without a face +\| 60 +\| 0 +\|',
        r'\| test +\| 240 +\| 240 .*',
        r'10 more are in faults.csv\.',
        r'60 images belong to no clip or subject\.',
        r'class_weight=\[1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00\]',
    ):
        assert any(re.fullmatch(row, line) for line in lines), row


def test_the_files_of_a_report(check, tmp_path):
    out = tmp_path / 'neuer Ordner' / 'out'
    paths = write_report(check, out)
    assert sorted(path.name for path in paths) == [
        'centres.png',
        'classes.png',
        'faults.csv',
        'report.html',
        'report.md',
        'sizes.png',
    ]
    for path in paths:
        if path.suffix == '.png':
            assert cv2.imdecode(np.fromfile(path, np.uint8), 1) is not None
    html = (out / 'report.html').read_text(encoding='utf-8')
    assert html.count('src="data:image/png;base64,') == 3
    with (out / 'faults.csv').open(encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(check.faults)
    assert rows[0]['kind'] == 'missing image'
    assert rows[0]['image'] == '0'


def test_a_set_without_any_face_has_a_report(check, tmp_path):
    listed = check.root / 'ImageSets' / 'Main' / 'train.txt'
    write_split(listed, ['nothing'])
    empty = check_dataset(check.root, ['train'], CheckSettings())
    write_report(empty, tmp_path)
    text = (tmp_path / 'report.md').read_text()
    assert 'missing image' in text
    assert 'class_weight' not in text


def test_faces_without_an_expression_have_a_row(tmp_path):
    face = VOCObject('face', (0, 0, 24, 24))
    image = np.zeros((32, 32, 3), np.uint8)
    add_image(tmp_path, 'a.png', face, image=image)
    write_split(tmp_path / 'ImageSets' / 'Main' / 'train.txt', ['a'])
    boxes = check_dataset(tmp_path, ['train'], CheckSettings(unlabelled='face'))
    write_report(boxes, tmp_path / 'out')
    lines = (tmp_path / 'out' / 'report.md').read_text().splitlines()
    for row in (r'\| face +\| 1 +\|', r'\| all +\| 1 +\|'):
        assert any(re.fullmatch(row, line) for line in lines), row
    assert not any('Note:' in line for line in lines)
    assert not any('class_weight' in line for line in lines)


def test_a_folder_that_cannot_be_written(check, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OSError, match='file'):
        write_report(check, tmp_path / 'file')
