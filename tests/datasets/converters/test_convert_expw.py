"""ExpW: several faces an image, and no split of its own."""

import pytest
from releases import EXPW, load, make_expw, write_image, write_text, zip_folder

from fer_yolo_mamba.datasets import read_voc_xml
from fer_yolo_mamba.datasets.converters import Skipped, read_expw, write_voc_set
from fer_yolo_mamba.errors import InputError

HAPPY, NEUTRAL, ANGER, SAD = 3, 4, 0, 5


@pytest.mark.parametrize('zipped', [False, True])
def test_columns_become_boxes(tmp_path, zipped):
    root = make_expw(tmp_path / 'ExpW')
    if zipped:
        zip_folder(root / 'image/origin')
    out = tmp_path / 'expw'
    report = write_voc_set(read_expw(root, test_fraction=0), out)
    assert load(out) == {
        'happy man_1': [(HAPPY, 3, 2, 10, 12), (NEUTRAL, 11, 4, 20, 16)],
        'fürst_2': [(ANGER, 0, 0, 20, 16)],
        'sad_3': [(SAD, 1, 1, 9, 9)],
    }
    assert (report.images, report.boxes.total(), report.clipped) == (3, 4, 1)
    face = read_voc_xml(out / 'Annotations/sad_3.xml').objects[0]
    assert face.attributes == {'confidence': '40.25'}


def test_a_label_out_of_range_is_counted(tmp_path):
    labels = EXPW.replace('20 9.1 6', '20 9.1 7').replace('40.25 4', '40.25 x')
    root = make_expw(tmp_path / 'ExpW', labels)
    report = write_voc_set(read_expw(root, 0), tmp_path / 'expw')
    assert len(load(tmp_path / 'expw')['happy man_1']) == 1
    assert report.left_out_boxes[Skipped.UNKNOWN_LABEL].count == 1
    assert report.left_out_images[Skipped.UNKNOWN_LABEL].examples == [
        'sad_3 (x)'
    ]


def test_the_test_split_has_its_share_of_every_class(tmp_path):
    lines = [f'{i}.jpg 0 1 1 9 9 5 {i % 7}\n' for i in range(140)]
    write_text(tmp_path / 'ExpW/label/label.lst', ''.join(lines))
    write_image(tmp_path / 'ExpW/image/origin/x.jpg')
    for fraction, each in ((0.1, 2), (0.25, 5), (0, 0)):
        images = list(read_expw(tmp_path / 'ExpW', fraction))
        test = [int(i.image_id) for i in images if i.splits == ('test',)]
        for label in range(7):
            assert sum(number % 7 == label for number in test) == each


@pytest.mark.parametrize('fraction', [-0.1, 1, float('nan')])
def test_a_share_that_is_none_is_an_error(tmp_path, fraction):
    with pytest.raises(InputError, match='test_fraction'):
        read_expw(make_expw(tmp_path), fraction)


def test_a_malformed_line_is_an_error(tmp_path):
    root = make_expw(tmp_path)
    write_text(root / 'label/label.lst', EXPW + 'cut.jpg 0 1\n')
    with pytest.raises(InputError, match=r'label\.lst: line 5'):
        read_expw(root)
