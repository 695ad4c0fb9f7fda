"""The lines of a split, as people and tools write them."""

import pytest

from fer_yolo_mamba.datasets.splits import other_readings, read_split
from fer_yolo_mamba.errors import InputError


@pytest.fixture
def read(tmp_path):
    """Reads a split's lines in a set that has the annotations given."""

    def call(lines, *annotated):
        for name in annotated:
            xml = tmp_path / 'Annotations' / f'{name}.xml'
            xml.parent.mkdir(parents=True, exist_ok=True)
            xml.touch()
        (tmp_path / 'train.txt').write_text(lines, encoding='utf-8')
        return read_split(tmp_path / 'train.txt', tmp_path / 'Annotations')

    return call


@pytest.mark.parametrize(
    'line',
    [
        'p00',
        '  p00\t\r',
        '\ufeffp00',
        'p00.jpg',
        'p00.PNG',
        'p00  1',
        'p00\t1',
        'p00.jpg 1',
        'JPEGImages/p00.jpg',
        './JPEGImages/p00',
        'JPEGImages\\p00.jpg',
        '/home/me/faces/JPEGImages/p00.jpg',
        'C:\\faces\\JPEGImages\\p00.jpg',
    ],
)
def test_one_image_is_meant(read, line):
    assert read(f'{line}\n', 'p00', 'p01') == ['p00']


@pytest.mark.parametrize('name', ['p00.jpg', 'p00 1', 'train/p00', 'b c'])
def test_an_id_is_taken_as_it_is(read, name):
    assert read(f'{name}\n', name, 'p00') == [name]


@pytest.mark.parametrize(
    'line', ['p00 -1', 'p00 0', 'p00;1', 'none', 'p01.jpg']
)
def test_what_means_no_image_is_left_to_the_reader(read, line):
    assert read(f'{line}\n', 'p00') == [line]


def test_a_line_that_may_mean_two_images_is_refused(read):
    with pytest.raises(
        InputError, match=r"'JPEGImages/a\.jpg' may mean a or a\.jpg"
    ):
        read('JPEGImages/a.jpg\n', 'a', 'a.jpg')


def test_two_lines_for_one_image_are_refused(read):
    with pytest.raises(InputError, match="'a'; keep one line each"):
        read('a\na.jpg\n', 'a')


def test_a_missing_split_names_those_that_there_are(read, tmp_path):
    read('a\n', 'a')
    with pytest.raises(InputError, match=r'val\.txt: .*one of train\.txt as'):
        read_split(tmp_path / 'val.txt', tmp_path / 'Annotations')


def test_a_plain_name_has_no_other_reading():
    assert other_readings('train_00001') == []
    assert other_readings('train/b c') == []
