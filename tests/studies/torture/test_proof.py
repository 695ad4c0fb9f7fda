"""A small proof from end to end, and what its parts find."""

import json
import sys

import pytest
import torch

from fer_yolo_mamba.studies.torture import Outcome, Verdict
from fer_yolo_mamba.studies.torture.kills import Kill, differences
from fer_yolo_mamba.studies.torture.paths import PATHS
from fer_yolo_mamba.studies.torture.readers import READERS
from fer_yolo_mamba.studies.torture.report import proof_page


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_every_reader_takes_its_good_file(call_tool, tmp_path, capsys):
    """The first trial of each is of a good file, the second of another."""
    sizes = ('--inputs', 1, '--checkpoints', 0, '--kills', 1)
    call_tool('analysis/torture', '--out', tmp_path, *sizes, '--processes', 1)
    assert capsys.readouterr().out.startswith('# Reliability\n')
    found = json.loads((tmp_path / 'torture.json').read_text())
    for subject in found['inputs']['subjects']:
        assert subject['trials'] == 2
        assert subject['verdicts']['accepted'] >= 1, subject
    assert [x['subject'] for x in found['inputs']['subjects']] == [
        reader.name for reader in READERS
    ]
    assert found['kills'][0]['difference'] == ''
    assert not (tmp_path / 'runs/run_0').exists()


def test_a_page_tells_faults():
    good = Outcome('zip', '0', Verdict.ACCEPTED, 0.1, 500_000_000)
    refused = Outcome('zip', '1', Verdict.REFUSED, 0.2, 600_000_000, 'error: x')
    bad = Outcome('COCO', '0', Verdict.TRACEBACK, 0.1, 7, 'KeyError', 'COCO_0')
    kills = [Kill(0, 0.5, 1, True, ''), Kill(1, 0.9, 2, False, 'optimizer.lr')]
    text = proof_page(
        '2 cores', 3, [good, refused, bad], [], kills
    ).to_markdown()
    assert '3 trials: 1 × traceback.' in text
    rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in text.splitlines()
        if line.startswith('|')
    ]
    assert ['zip', '2', '1', '1', '0', '0.20', '0.60'] in rows
    assert ['traceback', 'COCO 0', 'KeyError'] in rows
    assert ['1', '0.900', 'optimizer.lr'] in rows
    assert '1 of 2 trainings' in text


def test_what_a_bit_changes_is_found():
    nan = float('nan')
    first = dict(a=[torch.zeros(2), nan], b=torch.tensor(nan), c=1)
    same = dict(a=[torch.zeros(2), nan], b=torch.tensor(nan), c=1)
    other = dict(a=[torch.tensor([0, 1e-30]), nan], b=torch.tensor(nan), c=1)
    assert list(differences(first, same, 'x')) == []
    assert list(differences(first, other, 'x')) == ['x.a.0']
    assert list(differences(first, dict(first, d=0), 'x')) == ['x']
    assert list(differences(torch.zeros(1), torch.zeros(1).half(), 'x')) == [
        'x'
    ]


def test_all_paths_of_the_contract_are_tried():
    assert {
        *('test', 'predict', '--resume', 'load_from', 'init_cfg', 'compare'),
        *('convert', 'API'),
    } <= PATHS.keys()
