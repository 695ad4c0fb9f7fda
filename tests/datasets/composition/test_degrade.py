"""What cameras and files do to a picture."""

import numpy as np

from fer_yolo_mamba.datasets.composition.degrade import degrade


def test_degraded_pictures_keep_shape_and_depend_on_the_seed_alone():
    image = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)
    before = image.copy()
    changed = [degrade(image, np.random.default_rng(s)) for s in range(30)]
    again = [degrade(image, np.random.default_rng(s)) for s in range(30)]
    for one, other in zip(changed, again, strict=True):
        assert one.shape == image.shape and one.dtype == np.uint8
        np.testing.assert_array_equal(one, other)
    assert sum((one != image).any() for one in changed) > 20
    np.testing.assert_array_equal(image, before)
