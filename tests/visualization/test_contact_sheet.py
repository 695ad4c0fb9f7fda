"""Pictures of any shape on one sheet."""

import numpy as np
import pytest

from fer_yolo_mamba.visualization import contact_sheet


@pytest.mark.parametrize(
    ('count', 'columns', 'rows_and_columns'),
    [(1, None, (1, 1)), (5, None, (2, 3)), (5, 2, (3, 2)), (4, 4, (1, 4))],
)
def test_rows_and_columns(count, columns, rows_and_columns):
    images = [np.zeros((9, 7, 3), np.uint8)] * count
    sheet = contact_sheet(images, columns, side=20, gap=2)
    rows, columns = rows_and_columns
    assert sheet.shape == (rows * 22 + 2, columns * 22 + 2, 3)


@pytest.mark.parametrize('size', [(5, 5), (50, 10), (10, 50)])
def test_a_picture_is_scaled_to_fit_and_centred(size):
    sheet = contact_sheet([np.zeros((*size, 3), np.uint8)], side=20, gap=2)
    rows, columns = np.nonzero((sheet == 0).all(axis=2))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert max(height, width) == 20
    assert height * size[1] == pytest.approx(width * size[0], rel=0.05)
    assert abs(rows.mean() - 11.5) <= 0.5
    assert abs(columns.mean() - 11.5) <= 0.5
