"""Random shapes and extreme values: no NaN that the reference has not."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from omni_scan_cases import assert_same, make_inputs, run

from fer_yolo_mamba.ops import ScanOrder, chunked, cpu

BACKENDS = [
    pytest.param(
        'cpu',
        marks=pytest.mark.skipif(
            cpu.missing() is not None, reason=f"'cpu' {cpu.missing()}"
        ),
    ),
    'torch',
]
SIZES = st.tuples(
    st.integers(1, 3),  # batch
    st.integers(1, 9),  # height
    st.integers(1, 9),  # width
    st.integers(1, 35),  # channels
    st.sampled_from([1, 2, 3, 5, 16, 17, 64]),  # states
    st.integers(1, 5),  # rank
)
ORDERS = st.lists(st.sampled_from(ScanOrder), min_size=1, max_size=4)
# What replaces an input as a whole; None leaves it random.
VALUES = st.fixed_dictionaries(
    dict(
        # Before softplus: steps of 0, tiny, ordinary and 100.
        dt_bias=st.sampled_from([None, -200.0, -15.0, 0.0, 100.0]),
        A=st.sampled_from([None, 0.0, -1e-30, -1.0, -1e4, -1e38]),
        u=st.sampled_from([None, 0.0, 1e-20, 1e4]),
        projected=st.sampled_from([None, 0.0, 1e-20]),
        D=st.sampled_from([None, 0.0]),
    )
)


@pytest.mark.parametrize('backend', BACKENDS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(size=SIZES, orders=ORDERS, values=VALUES)
def test_agrees_with_the_reference(backend, size, orders, values):
    inputs = make_inputs(*size, len(orders))
    for name, value in values.items():
        if value is not None:
            inputs[name].fill_(value)
    expected = run(inputs, 'reference', torch.float32, orders)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunked, '_CHUNK_ELEMENTS', 1 << 12)
        actual = run(inputs, backend, torch.float32, orders)
    for name, value in expected.items():
        finite = value.isfinite()
        assert torch.equal(actual[name].isfinite(), finite), name
        expected[name] = value.where(finite, 0)
        actual[name] = actual[name].where(finite, 0)
    # Both round the exponent: e^x for x = -100 then differs by 100 roundings.
    assert_same(actual, expected, 5e-5)
