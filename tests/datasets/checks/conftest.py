"""A set without faults."""

import pytest
from checked_sets import add_picture, write_splits


@pytest.fixture
def voc(tmp_path):
    """Three images to train, two to test, no two alike."""
    root = tmp_path / 'some set'
    for seed, name in enumerate('abcde'):
        add_picture(root, f'{name}.png', seed)
    write_splits(root, train='abc', test='de')
    return root
