"""Text that no tool writes: a report or one sentence, whatever the format."""

import os
import re

import pytest
from releases import (
    make_affectnet,
    make_expw,
    make_fer2013,
    make_ferplus,
    make_rafdb,
    make_sfew,
    make_voc_set,
    make_widerface,
    write_image,
    write_text,
)

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.converters import (
    VOCSet,
    read_affectnet,
    read_class_folders,
    read_coco,
    read_expw,
    read_ferplus,
    read_rafdb,
    read_sfew,
    read_txt,
    read_widerface,
    read_yolo,
    write_coco,
    write_txt,
    write_voc_set,
    write_yolo,
)
from fer_yolo_mamba.errors import InputError

FACE = VOCObject('Happy', (1.5, 2, 10, 12.25), attributes={'age': '4-19'})


def exported(write, read):
    """A set in another format, which is read back."""

    def make(root):
        voc = make_voc_set(root, FACE)
        [first, *_] = write(VOCSet(voc), root / 'release')
        return lambda: read(first, voc)

    return make


def class_folders(root):
    write_image(root / 'photos/a.jpg')
    table = write_text(
        root / 'release/labels.csv', 'name,label,split\na.jpg,Happy,train\n'
    )
    return lambda: read_class_folders(root / 'photos', table)


def release(make, read):
    """A set as its authors publish it."""

    def make_and_read(root):
        folder = make(root / 'release')
        return lambda: read(folder)

    return make_and_read


READERS = {
    'RAF-DB': release(make_rafdb, read_rafdb),
    'ExpW': release(make_expw, read_expw),
    'AffectNet': release(make_affectnet, read_affectnet),
    'FER+': release(make_ferplus, lambda root: read_ferplus(root)),
    'FER2013': release(make_fer2013, lambda root: read_ferplus(root)),
    'WIDER FACE': release(make_widerface, read_widerface),
    'SFEW': release(make_sfew, lambda folders: read_sfew(*folders)),
    'COCO': exported(
        write_coco, lambda file, voc: read_coco({'t': file}, voc / 'JPEGImages')
    ),
    'list of boxes': exported(
        write_txt, lambda file, voc: read_txt({'t': file}, voc / 'JPEGImages')
    ),
    'YOLO': exported(write_yolo, lambda file, voc: read_yolo(file)),
    'class folders': class_folders,
}


def with_numbers(number):
    return lambda text: re.sub(r'\d+(\.\d+)?', number, text)


def with_last_numbers(number):
    return lambda text: re.sub(r'\d+(\.\d+)?(?=\D*$)', number, text, flags=re.M)


HUGE = '1' + '0' * 400
HOSTILE = {
    'nothing': lambda text: '',
    'numbers beyond all measure': with_numbers(HUGE),
    'last numbers beyond all measure': with_last_numbers(HUGE),
    'more digits than Python takes': with_last_numbers('9' * 5000),
    'no numbers': with_numbers('NaN'),
    'infinities': with_last_numbers('-Infinity'),
    'letters that UTF-8 cannot hold': lambda text: re.sub(
        '[a-z]{3}', lambda _: r'\\ud800', text
    ),
    'zero bytes': lambda text: re.sub('[a-z]{3}', 'a\0b', text),
    'names without end': lambda text: re.sub('[a-z]{3}', 'b' * 5000, text),
    'one line': lambda text: text.replace('\n', ' '),
    'open quotes': lambda text: text.replace(',', ',"', 1),
    'brackets': lambda text: '[' * 50_000 + text,
    'nested names': lambda text: re.sub(
        r'(Happy|0: \w+)', '{a: [' * 400, text, count=1
    ),
    'columns exchanged': lambda text: text[::-1],
}


@pytest.fixture(params=READERS)
def reading(request, tmp_path):
    """What reads a set, and the files of text that it consists of."""
    read = READERS[request.param](tmp_path)
    texts = [
        path
        for path in (tmp_path / 'release').rglob('*')
        if path.suffix in ('.txt', '.csv', '.lst', '.json', '.yaml')
        and path.is_file()
    ]
    assert texts
    return read, texts


def outcome(read, out):
    try:
        report = str(write_voc_set(read(), out, dry_run=True))
    except InputError as error:
        assert '\n' not in str(error)
        assert len(str(error)) < 3000
        return
    report.encode(errors='backslashreplace')


@pytest.mark.parametrize('kind', HOSTILE)
def test_hostile_text_is_a_report_or_one_sentence(reading, tmp_path, kind):
    read, texts = reading
    for path in texts:
        text = path.read_text(encoding='utf-8')
        path.write_text(HOSTILE[kind](text), encoding='utf-8')
        outcome(read, tmp_path / 'out')
        path.write_text(text, encoding='utf-8')
    assert write_voc_set(read(), tmp_path / 'out', dry_run=True).images


def test_what_is_no_file_of_text_is_not_waited_for(reading, tmp_path):
    read, texts = reading
    for path in texts:
        content = path.read_bytes()
        path.unlink()
        for make in (os.mkfifo, lambda p: p.symlink_to('/dev/zero')):
            make(path)
            outcome(read, tmp_path / 'out')
            path.unlink()
        path.write_bytes(b'\xff\xfe' + content)
        outcome(read, tmp_path / 'out')
        path.write_bytes(content)


@pytest.mark.parametrize(
    'text',
    [
        'names: &a [x, *a]\ntrain: images\n',
        'names: {.inf: x}\ntrain: images\n',
        'names: {0: {a: b}}\ntrain: images\n',
        'names: [x]\ntrain: [[images]]\n',
        'names: [x]\ntrain: {a: images}\n',
        'names: [x]\npath: [a]\ntrain: images\n',
        f'names: [x]\ntrain: {"a" * 5000}\n',
        'names: [x]\ntrain: "\\0"\n',
        'names: [x]\ntrain: list.txt\n',
        f'names: [{"a, " * 50_000}]\n',
        '!!python/object/apply:os.getcwd []\n',
    ],
    ids=range(11),
)
def test_a_hostile_description_is_one_sentence(tmp_path, text):
    write_text(tmp_path / 'list.txt', '/\n')
    path = write_text(tmp_path / 'data.yaml', text)
    with pytest.raises(InputError, match=r'^[^\n]*$'):
        read_yolo(path)


def test_a_flag_in_words_is_read(tmp_path):
    voc = make_voc_set(tmp_path, FACE)
    [path, *_] = write_coco(VOCSet(voc), tmp_path / 'coco')
    text = path.read_text()
    text = text.replace('"iscrowd": 0', '"iscrowd": "0"')
    text = text.replace('"width": 20', '"width": null')
    path.write_text(text.replace('"difficult": 0', '"difficult": "False"'))
    stream = read_coco({'train': path}, voc / 'JPEGImages')
    image, *_ = (image for image in stream if image.faces)
    assert image.size is None
    assert not image.faces[0].difficult


def test_a_line_of_many_boxes_takes_no_square_of_time(tmp_path):
    boxes = ' 1,2,3,4,3' * 90_000
    path = write_text(tmp_path / 'list.txt', f'b c.jpg{boxes}\n')
    stream = read_txt({'train': path})
    (image,) = stream
    assert (image.image_id, len(image.faces)) == ('b c', 90_000)
