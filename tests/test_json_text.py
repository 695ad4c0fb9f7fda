"""JSON without what JSON lacks."""

import json

import numpy as np
import pytest
import torch

from fer_yolo_mamba.files import json_text


def test_what_is_no_number_is_null():
    text = json_text({'AP': [float('nan'), 0.5, float('-inf')]})
    found = json.loads(text, parse_constant=pytest.fail)
    assert found == {'AP': [None, 0.5, None]}


def test_numbers_of_libraries():
    value = {'a': np.float32(np.nan), 'b': np.int64(3), 'c': torch.tensor(0.5)}
    assert json.loads(json_text(value)) == {'a': None, 'b': 3, 'c': 0.5}
