import pickle
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.ops import (
    CROSS_ORDERS,
    OMNI_ORDERS,
    TRUE_OMNI_ORDERS,
    ScanOrder,
    order_indices,
)

GOLDEN = Path(__file__).parents[1] / 'data' / 'vss_block.npz'

# The pixels of this map, numbered as order_indices numbers them:
#   0 1 2
#   3 4 5
VISITS = {
    ScanOrder.ROWS: [0, 1, 2, 3, 4, 5],
    ScanOrder.COLUMNS: [0, 3, 1, 4, 2, 5],
    ScanOrder.ROWS_REVERSED: [5, 4, 3, 2, 1, 0],
    ScanOrder.COLUMNS_REVERSED: [5, 2, 4, 1, 3, 0],
    ScanOrder.DIAGONAL: [0, 4, 1, 5, 2, 3],
    ScanOrder.ANTI_DIAGONAL: [0, 5, 1, 3, 2, 4],
    ScanOrder.DIAGONAL_REVERSED: [3, 2, 5, 1, 4, 0],
    ScanOrder.ANTI_DIAGONAL_REVERSED: [4, 2, 3, 1, 5, 0],
    ScanOrder.TRUE_DIAGONAL: [3, 0, 4, 1, 5, 2],
    ScanOrder.TRUE_ANTI_DIAGONAL: [0, 1, 3, 2, 4, 5],
    ScanOrder.TRUE_DIAGONAL_REVERSED: [2, 5, 1, 4, 0, 3],
    ScanOrder.TRUE_ANTI_DIAGONAL_REVERSED: [5, 4, 2, 3, 1, 0],
}


# The pixels of this map:
#   0  1  2  3
#   4  5  6  7
#   8  9 10 11
TRUE_DIAGONALS = {
    ScanOrder.TRUE_DIAGONAL: [[8], [4, 9], [0, 5, 10], [1, 6, 11], [2, 7], [3]],
    ScanOrder.TRUE_ANTI_DIAGONAL: [
        [0],
        [1, 4],
        [2, 5, 8],
        [3, 6, 9],
        [7, 10],
        [11],
    ],
}


@pytest.mark.parametrize('order', TRUE_DIAGONALS)
def test_true_diagonals_end_at_the_border_and_follow_each_other(order):
    visits = list(chain(*TRUE_DIAGONALS[order]))
    assert order_indices(order, 3, 4).tolist() == visits
    backward = ScanOrder(f'{order.value}_reversed')
    assert order_indices(backward, 3, 4).tolist() == visits[::-1]


@pytest.mark.parametrize('order', ScanOrder)
def test_visits_of_a_small_map(order):
    assert order_indices(order, 2, 3).tolist() == VISITS[order]


@pytest.mark.parametrize('size', [(1, 1), (1, 7), (7, 1), (5, 3), (3, 5)])
@pytest.mark.parametrize('order', ScanOrder)
def test_every_pixel_is_visited_once(order, size):
    height, width = size
    indices = order_indices(order, height, width)
    assert indices.dtype == torch.int64
    assert indices.sort().values.tolist() == list(range(height * width))


@pytest.mark.parametrize('size', [(1, 7), (7, 1), (5, 3), (3, 5)])
def test_wrapped_diagonals_start_at_each_column(size):
    height, width = size
    rows = range(height)
    for order, sign in (
        (ScanOrder.DIAGONAL, 1),
        (ScanOrder.ANTI_DIAGONAL, -1),
    ):
        expected = [
            r * width + (c + sign * r) % width
            for c in range(width)
            for r in rows
        ]
        assert order_indices(order, height, width).tolist() == expected


def test_omni_orders_are_those_of_the_released_code():
    golden = np.load(GOLDEN)
    # The right half of the channels, as the released code's map of it.
    channels = golden['x_bhwc'].shape[-1] // 2
    pixels = golden['x_bhwc'][..., channels:]
    _, height, width, _ = pixels.shape
    flat = pixels.reshape(len(pixels), height * width, channels)
    for k, order in enumerate(OMNI_ORDERS):
        visited = flat[:, order_indices(order, height, width)]
        np.testing.assert_array_equal(
            visited.transpose(0, 2, 1), golden['cross_scan'][:, k]
        )


def test_named_sets():
    assert OMNI_ORDERS[:4] == TRUE_OMNI_ORDERS[:4] == CROSS_ORDERS
    assert len({*OMNI_ORDERS, *TRUE_OMNI_ORDERS}) == len(ScanOrder)


@pytest.mark.parametrize('order', ScanOrder)
def test_an_order_by_its_name(order):
    assert ScanOrder(order.name.lower()) is order
    assert pickle.loads(pickle.dumps(order)) is order


@pytest.mark.parametrize('name', ['row', 'ROWS', 3, None, ['rows']])
def test_an_unknown_name(name):
    with pytest.raises(
        InputError, match=r'no scan order .* choose from rows, '
    ):
        ScanOrder(name)
