"""Pictures that anybody may show."""

import numpy as np

from fer_yolo_mamba.apis.examples import example_pictures


def test_examples_are_a_photograph_and_a_drawing_that_stays_the_same():
    first, second = example_pictures(), example_pictures()
    assert list(first) == ['Grace Hopper', 'Drawn faces']
    for name, picture in first.items():
        assert picture.ndim == 3 and picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, second[name])
