"""Damage: the same by the same seed, of every kind, also inside of archives."""

import io
import itertools
import json
import struct
import time
import zipfile
import zlib
from random import Random

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save

from fer_yolo_mamba.studies.torture.mutations import mutated

TEXT = b'{"epoch": 3, "classes": ["Happy", "Sad"], "loss": 0.25}\n' * 20
_, CODE = cv2.imencode('.png', np.zeros((16, 16, 3), np.uint8))
PNG = CODE.tobytes()


def many(content, count=200):
    return [mutated(content, Random(number)) for number in range(count)]


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as target:
        for name in ('data.pkl', 'data/0', 'data/1'):
            target.writestr(name, TEXT)
    return out.getvalue()


@pytest.mark.parametrize('content', [TEXT, PNG, archive(), b''])
def test_a_seed_decides_on_the_damage(content, monkeypatch):
    clock = itertools.count(1_700_000_000, 60)
    monkeypatch.setattr(time, 'time', lambda: next(clock))
    first, second = many(content, 50), many(content, 50)
    assert first == second
    assert len(set(first)) > 10
    assert max(map(len, first)) <= 8_000_000


def test_numbers_become_such_as_break_programs():
    found = b''.join(many(TEXT))
    for number in (b'1e400', b'nan', b'9' * 400, b'-9223372036854775809'):
        assert number in found


def test_brackets_are_nested_deeply():
    assert any(b'[' * 2000 in damaged for damaged in many(TEXT))


def test_most_damaged_archives_are_whole_archives():
    whole = [d for d in many(archive()) if zipfile.is_zipfile(io.BytesIO(d))]
    assert len(whole) > 120
    for damaged in whole[:20]:
        with zipfile.ZipFile(io.BytesIO(damaged)) as opened:
            names = opened.namelist()
            assert len(names) <= 3


def test_most_damaged_pictures_have_good_checksums():
    good = 0
    for damaged in many(PNG, 100):
        (length,) = struct.unpack_from('>I', damaged.ljust(64, b'\0'), 8)
        header = damaged[12 : 16 + length]
        checksum = damaged[16 + length : 20 + length]
        good += checksum == struct.pack('>I', zlib.crc32(header))
    assert good > 60


def test_some_pictures_claim_to_be_huge():
    widths = {struct.unpack_from('>I', d.ljust(64), 16)[0] for d in many(PNG)}
    assert {40_000, 2**32 - 1} <= widths


def test_most_damaged_weights_have_headers_of_the_right_length():
    content = save({'a': torch.zeros(3)}, {'x': json.dumps({'side': 320})})
    right = 0
    for damaged in many(content, 100):
        if len(damaged) > 8:
            (length,) = struct.unpack_from('<Q', damaged)
            right += damaged[8 + length :].endswith(bytes(12))
    assert right > 50
