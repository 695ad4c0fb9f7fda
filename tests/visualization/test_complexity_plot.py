"""Parameters against operations, as a scatter plot."""

import numpy as np

from fer_yolo_mamba.visualization import draw_complexity


def test_each_network_is_a_point_beside_the_papers_two():
    figure = draw_complexity({'small': (2e6, 1e9), 'large': (6e7, 4e10)})
    (axis,) = figure.axes
    found = {line.get_label(): line.get_xydata()[0] for line in axis.lines}
    expected = {
        'small': (2, 1),
        'large': (60, 40),
        'FER-YOLO-Mamba (paper)': (8.68, 6.89),
        'EfficientDet-D0 (paper)': (3.83, 4.78),
    }
    assert list(found) == list(expected)
    np.testing.assert_allclose(list(found.values()), list(expected.values()))
