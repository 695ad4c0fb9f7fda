"""Pictures of a test's images, and its report."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import (
    ImageRecord,
    MatchedClasses,
    Predictions,
)
from fer_yolo_mamba.files import declare_input, inputs_kept
from fer_yolo_mamba.reports.evaluation import (
    write_test_pictures,
    write_test_report,
)
from fer_yolo_mamba.visualization import write_image


@pytest.fixture
def predictions(tmp_path):
    """Two persons' images of one name, each with a face and a detection."""
    record = ImageRecord(
        boxes=np.array([[20.0, 30, 60, 70], [0, 0, 9, 9]]),
        scores=np.array([0.9, 0.1]),
        labels=np.array([0, 1]),
        gt_boxes=np.array([[20.0, 30, 60, 70]]),
        gt_labels=np.array([2]),  # not known
        gt_ignored=np.array([False]),
        width=80,
        height=80,
    )
    records = []
    for person, grey in (('anna', 60), ('ben', 200)):
        path = tmp_path / 'JPEGImages' / person / 'shot0.jpg'
        write_image(path, np.full((80, 80, 3), grey, np.uint8))
        records.append(replace(record, path=str(path)))
    return Predictions(('Anger', 'Happy'), tuple(records))


def test_images_of_one_name_are_two_pictures(predictions, tmp_path):
    write_test_pictures(predictions, tmp_path / 'shown')
    for person, grey in (('anna', 60), ('ben', 200)):
        shown = cv2.imread(str(tmp_path / 'shown' / person / 'shot0.jpg'))
        # Annotated, and as detected.
        assert shown.shape == (80, 160, 3)
        assert abs(int(shown[78, 2].mean()) - grey) < 5
        assert abs(int(shown[5, 82].mean()) - grey) < 5  # too low a score


@pytest.mark.parametrize('size', [(0, 0), (10**6, 10**6)])
def test_an_image_of_no_file_and_no_size(predictions, tmp_path, size):
    """As those of a measurement of faces: the sheet shows the boxes on grey."""
    width, height = size
    images = [
        replace(image, path='fer0000001', width=width, height=height)
        for image in predictions.images
    ]
    images[0] = replace(images[0], gt_labels=np.array([1]))
    # Decoders may overflow.
    images[1] = replace(images[1], boxes=images[1].boxes * 1e4)
    matched = MatchedClasses.of(replace(predictions, images=tuple(images)))
    mistakes = write_test_report(matched, tmp_path / 'report').mistakes
    assert [mistake.image for mistake in mistakes] == [0, 1]
    sheet = cv2.imread(str(tmp_path / 'report' / 'mistakes.png'))
    assert (sheet == 160).all(axis=2).any()
    assert (sheet == (0, 0, 220)).all(axis=2).any()


def test_any_format_has_a_picture(predictions, tmp_path):
    """Grey ones as they are in sets, and composed ones, which have no file."""
    (image, _) = predictions.images
    grey = tmp_path / 'grey.pgm'
    cv2.imwrite(str(grey), np.full((80, 80), 60, np.uint8))
    images = [
        replace(image, path=str(path))
        for path in (grey, tmp_path / 'composed_0_1_2')
    ]
    out = tmp_path / 'shown'
    write_test_pictures(replace(predictions, images=tuple(images)), out)
    for name in ('grey.pgm.png', 'composed_0_1_2.png'):
        shown = cv2.imread(str(out / name))
        assert shown.shape == (80, 160, 3)
        # The boxes have colours.
        assert (shown[..., 0] != shown[..., 2]).any()


def test_the_images_stay_as_they_are(predictions, tmp_path):
    folder = tmp_path / 'JPEGImages'
    before = (folder / 'anna/shot0.jpg').read_bytes()
    with inputs_kept():
        declare_input(folder)
        with pytest.raises(InputError, match='is an input'):
            write_test_pictures(predictions, folder)
    assert (folder / 'anna/shot0.jpg').read_bytes() == before
