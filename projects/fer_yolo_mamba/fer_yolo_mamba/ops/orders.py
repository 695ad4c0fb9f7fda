"""The directions in which a map is scanned: the only place that knows them."""

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, NoReturn

import torch
from torch import Tensor

from ..errors import InputError


class Walk(NamedTuple):
    """A path along lines of equal length, given by arithmetic.

    Position p, of a reversed path ``height * width - 1 - p``, is number
    ``r = p % length`` on line ``q = p // length``. Where lines are rows
    (``length = width``), it is the pixel of row q and column r. Otherwise
    (``length = height``) it is that of row r and column
    ``(q + slope * r) % width``.
    """

    by_rows: bool = False
    slope: int = 0
    is_reversed: bool = False


class ScanOrder(Enum):
    """An order in which the pixels of a map are visited.

    ``DIAGONAL`` and ``ANTI_DIAGONAL`` wrap around the width, so that each of
    their ``width`` lines has ``height`` pixels; so does the authors' code,
    where the paper only names the directions. ``TRUE_DIAGONAL`` and
    ``TRUE_ANTI_DIAGONAL`` do not wrap: a line ends at the border, where the
    next one follows. They begin in the bottom left corner and in the top left
    corner.

    The members stand in the order in which the network takes them. The value
    is the name by which a config asks for one:

    >>> ScanOrder('rows_reversed')
    <ScanOrder.ROWS_REVERSED: 'rows_reversed'>

    Attributes:
        path: The path, were its lines to wrap around.
        wraps: Whether they do.

    Raises:
        InputError: No order has this name.
    """

    ROWS = 'rows', Walk(by_rows=True)
    COLUMNS = 'columns', Walk()
    ROWS_REVERSED = 'rows_reversed', Walk(by_rows=True, is_reversed=True)
    COLUMNS_REVERSED = 'columns_reversed', Walk(is_reversed=True)
    DIAGONAL = 'diagonal', Walk(slope=1)
    ANTI_DIAGONAL = 'anti_diagonal', Walk(slope=-1)
    DIAGONAL_REVERSED = 'diagonal_reversed', Walk(slope=1, is_reversed=True)
    ANTI_DIAGONAL_REVERSED = (
        'anti_diagonal_reversed',
        Walk(slope=-1, is_reversed=True),
    )
    TRUE_DIAGONAL = 'true_diagonal', Walk(slope=1), False
    TRUE_ANTI_DIAGONAL = 'true_anti_diagonal', Walk(slope=-1), False
    TRUE_DIAGONAL_REVERSED = (
        'true_diagonal_reversed',
        Walk(slope=1, is_reversed=True),
        False,
    )
    TRUE_ANTI_DIAGONAL_REVERSED = (
        'true_anti_diagonal_reversed',
        Walk(slope=-1, is_reversed=True),
        False,
    )

    def __new__(cls, name: str, path: Walk, wraps: bool = True):
        """A member whose value is its name alone."""
        order = object.__new__(cls)
        order._value_ = name
        order.path = path
        order.wraps = wraps
        return order

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise InputError(
            f'there is no scan order {value!r}: choose from '
            f'{", ".join(order.value for order in cls)}'
        )

    @property
    def walk(self) -> Walk | None:
        """The path as arithmetic; None where lines differ in length."""
        return self.path if self.wraps else None


_ORDERS = tuple(ScanOrder)

CROSS_ORDERS = _ORDERS[:4]
"""The four directions of VMamba's SS2D: rows and columns, both ways."""

OMNI_ORDERS = _ORDERS[:8]
"""The eight directions of the omnidirectional scan (paper, Section III-C)."""

TRUE_OMNI_ORDERS = _ORDERS[:4] + _ORDERS[8:]
"""As ``OMNI_ORDERS``, with diagonals that do not wrap around."""


# What is cached under inference mode must serve training, too.
@lru_cache(maxsize=256)
@torch.inference_mode(False)
def order_indices(order: ScanOrder, height: int, width: int) -> Tensor:
    """Pixel visited at each position.

    >>> order_indices(ScanOrder.COLUMNS, 2, 3).tolist()
    [0, 3, 1, 4, 2, 5]

    Args:
        order: The direction.
        height: Rows of the map.
        width: Columns of the map.

    Returns:
        Flat pixel indices, int64 of shape (height * width,), on the CPU. The
        tensor is cached and must not be changed.
    """
    pixel = torch.arange(height * width)
    row, column = pixel // width, pixel % width
    line = column - order.path.slope * row
    if order.wraps:
        line %= width
    if order.path.by_rows:
        line = row
    # Stable: pixels of one line stay in row-major order.
    indices = line.argsort(stable=True)
    return indices.flip(0) if order.path.is_reversed else indices


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def order_table(
    orders: Sequence[ScanOrder],
    height: int,
    width: int,
    device: torch.device,
) -> Tensor:
    """``order_indices`` of several directions, (len(orders), height * width).

    Args:
        orders: The directions, as a tuple.
        height: Rows of the map.
        width: Columns of the map.
        device: Where the table is wanted. It is cached there.
    """
    table = [order_indices(order, height, width) for order in orders]
    return torch.stack(table).to(device)
