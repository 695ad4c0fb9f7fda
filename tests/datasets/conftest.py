"""What the tests of the data sets share."""

import pytest
from voc_sets import HAPPY, HARD, SAD, add_image, write_split


@pytest.fixture
def root(tmp_path):
    """A set of four images: one face, two, a difficult one, and none."""
    ids = [
        add_image(tmp_path, 'a.jpg', HAPPY),
        add_image(tmp_path, 'b.png', HAPPY, SAD),
        add_image(tmp_path, 'c.jpg', HARD),
        add_image(tmp_path, 'd.jpg'),
    ]
    write_split(tmp_path, *ids)
    return tmp_path


@pytest.fixture
def log(monkeypatch):
    """The lines that the data set logs."""
    lines = []
    monkeypatch.setattr(
        'fer_yolo_mamba.datasets.fer_voc_dataset.print_log',
        lambda line, **_: lines.append(line),
    )
    return lines
