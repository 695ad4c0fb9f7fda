"""What the tests of the writer share."""

import pytest
from releases import NAMES, write_image


@pytest.fixture
def photos(tmp_path):
    """Three images, two with names that are not plain."""
    folder = tmp_path / 'photos'
    for name in NAMES:
        write_image(folder / name)
    return folder
