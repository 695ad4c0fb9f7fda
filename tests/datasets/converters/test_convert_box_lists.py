"""Lists of boxes, both ways."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import (
    annotations,
    load,
    make_voc_set,
    plain_faces,
    snapshot,
    stream_of,
    write_image,
    write_text,
)

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.converters import (
    Skipped,
    VOCSet,
    read_txt,
    write_txt,
    write_voc_set,
)
from fer_yolo_mamba.datasets.converters.box_lists import format_box_line
from fer_yolo_mamba.errors import InputError

FACES = (
    VOCObject('Happy', (1.5, 2, 10, 12.25)),
    VOCObject('Sad', (0, 0, 5, 5)),
)


def there_and_back(root, voc):
    lists = write_txt(VOCSet(voc), root / 'lists')
    stream = read_txt({path.stem: path for path in lists})
    write_voc_set(stream, root / 'back')
    return root / 'back'


def test_a_list_has_one_line_an_image(tmp_path):
    voc = make_voc_set(tmp_path, *FACES)
    paths = write_txt(VOCSet(voc), tmp_path / 'lists')
    assert [path.name for path in paths] == ['train.txt', 'val.txt']
    assert paths[0].read_text() == (
        f'{voc}/JPEGImages/a.jpg 1.5,2,10,12.25,3 0,0,5,5,5\n'
        f'{voc}/JPEGImages/b c.png 0.1,0.2,19.9,15.7,1\n'
    )
    assert paths[1].read_text().splitlines()[1] == (
        f'{voc}/JPEGImages/Füße/empty.jpg'
    )


@settings(deadline=None, max_examples=15)
@given(st.lists(plain_faces, max_size=3))
def test_the_way_there_and_back_loses_nothing(tmp_path_factory, faces):
    root = tmp_path_factory.mktemp('txt')
    voc = make_voc_set(root, *faces)
    back = there_and_back(root, voc)
    assert annotations(back) == annotations(voc)
    for split in ('train', 'val'):
        assert load(back, split) == load(voc, split)


def test_a_second_export_changes_nothing(tmp_path):
    voc = make_voc_set(tmp_path, *FACES)
    write_txt(VOCSet(voc), tmp_path / 'lists')
    before = snapshot(tmp_path)
    write_txt(VOCSet(voc), tmp_path / 'lists')
    assert snapshot(tmp_path) == before


def test_a_file_of_another_content_is_not_written_over(tmp_path):
    voc = make_voc_set(tmp_path, *FACES)
    mine = write_text(tmp_path / 'lists/train.txt', 'mine')
    with pytest.raises(InputError, match=r'train\.txt.*something else'):
        write_txt(VOCSet(voc), tmp_path / 'lists')
    assert mine.read_text() == 'mine'


def test_pixels_counted_from_one_are_counted_from_zero(tmp_path):
    face = VOCObject('Fear', (1, 1, 20, 16))
    write_image(tmp_path / 'photos/a.jpg')
    write_voc_set(
        stream_of(tmp_path / 'photos', ('a.jpg', 'train', face)),
        tmp_path / 'voc',
    )
    voc_set = VOCSet(tmp_path / 'voc', one_based=True)
    (path,) = write_txt(voc_set, tmp_path / 'lists')
    assert path.read_text().endswith('a.jpg 0,0,20,16,2\n')


def test_some_splits_can_be_chosen(tmp_path):
    voc = make_voc_set(tmp_path, *FACES)
    paths = write_txt(VOCSet(voc), tmp_path / 'lists', ['val'])
    assert [path.name for path in paths] == ['val.txt']
    with pytest.raises(InputError, match=r'no test\.txt, only train, val'):
        write_txt(VOCSet(voc), tmp_path / 'lists', ['test'])


LINES = {
    'a.jpg 1,2,3,4,0': [(0, 1, 2, 3, 4)],
    'a.jpg\t1,2,3,4,0\t1.5,2,3,4.25,6': [(0, 1, 2, 3, 4), (6, 1.5, 2, 3, 4.25)],
    'a.jpg': [],
    '  a.jpg   1,2,3,4,0  ': [(0, 1, 2, 3, 4)],
    './a.jpg 1e0,2,3,4,0': [(0, 1, 2, 3, 4)],
}


@pytest.mark.parametrize('line', LINES)
def test_paths_count_from_the_folder_of_the_list(tmp_path, line):
    write_image(tmp_path / 'a.jpg')
    path = write_text(tmp_path / 'train.txt', f'\n{line}\n')
    write_voc_set(read_txt({'train': path}), tmp_path / 'out')
    assert load(tmp_path / 'out') == {'a': LINES[line]}


def test_paths_of_another_machine_are_found_by_name(tmp_path):
    write_image(tmp_path / 'photos/deep/a b.png')
    write_image(tmp_path / 'photos/c.jpg')
    path = write_text(
        tmp_path / 'train.txt',
        'D:\\data\\a b.jpg 1,2,3,4,0\n/data/c.jpg 1,2,3,4,1\n'
        '/data/none.jpg 1,2,3,4,1\n',
    )
    stream = read_txt({'train': path}, tmp_path / 'photos')
    report = write_voc_set(stream, tmp_path / 'out')
    assert load(tmp_path / 'out') == {
        'deep/a b': [(0, 1, 2, 3, 4)],
        'c': [(1, 1, 2, 3, 4)],
    }
    assert report.left_out_images[Skipped.NO_IMAGE].examples == ['none']


@pytest.mark.parametrize('box', ['1,1,20,20', '1.5,-1,2e1,20,', '1,1,9,9,Sad'])
def test_a_box_without_the_number_of_a_class_is_told(tmp_path, box):
    write_image(tmp_path / 'a.jpg')
    write_image(tmp_path / 'b.jpg')
    path = write_text(
        tmp_path / 'train.txt', f'a.jpg {box} 1,2,3,4,0\nb.jpg {box}\n'
    )
    report = write_voc_set(read_txt({'train': path}), tmp_path / 'out')
    assert load(tmp_path / 'out') == {'a': [(0, 1, 2, 3, 4)]}
    for tally, image_id in (
        (report.left_out_boxes, 'a'),
        (report.left_out_images, 'b'),
    ):
        assert tally.keys() == {Skipped.NO_CLASS}
        assert tally[Skipped.NO_CLASS].examples == [f'{image_id} ({box})']


@pytest.mark.parametrize('images', ['photos', 'lists/../photos'])
def test_a_path_below_the_images_comes_before_a_name(
    tmp_path, monkeypatch, images
):
    for name in ('a/1.jpg', 'b/1.jpg'):
        write_image(tmp_path / 'photos' / name)
    path = write_text(tmp_path / 'lists/train.txt', 'b/1.jpg 1,2,3,4,0\n')
    monkeypatch.chdir(tmp_path)
    write_voc_set(read_txt({'train': path}, images), tmp_path / 'out')
    assert load(tmp_path / 'out') == {'b/1': [(0, 1, 2, 3, 4)]}


@pytest.mark.parametrize('content', ['', '\n \n', None, b'\xff\xfe'])
def test_a_list_that_is_none_is_one_sentence(tmp_path, content):
    path = tmp_path / 'train.txt'
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r'train\.txt.*x1,y1,x2,y2,class'):
        read_txt({'train': path})


@pytest.mark.parametrize(
    'name', ['odd 1,2,3,4,5.jpg', 'odd 1,2,3,4,5/a.jpg', '1,2,3,4,5 a.jpg']
)
def test_a_path_that_looks_like_a_box_is_read_back(tmp_path, name):
    face = VOCObject('Fear', (1, 1, 20, 16))
    write_image(tmp_path / 'photos' / name)
    stream = stream_of(tmp_path / 'photos', (name, 'train', face))
    write_voc_set(stream, tmp_path / 'voc')
    (path,) = write_txt(VOCSet(tmp_path / 'voc'), tmp_path / 'lists')
    stream = read_txt({'train': path}, tmp_path / 'voc/JPEGImages')
    write_voc_set(stream, tmp_path / 'back')
    assert annotations(tmp_path / 'back') == annotations(tmp_path / 'voc')


@pytest.mark.parametrize('name', ['a 1,2,3,4,5', 'a\nb.jpg', ' a.jpg'])
def test_a_path_that_would_not_be_read_back_is_refused(name):
    with pytest.raises(InputError, match='rename'):
        format_box_line(PurePosixPath(name), FACES)
