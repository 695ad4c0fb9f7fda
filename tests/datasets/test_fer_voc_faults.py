"""The VOC data set: what it refuses, or leaves out and logs."""

import pytest
from voc_sets import (
    HAPPY,
    add_image,
    cut_image,
    load,
    pixels,
    rewrite_xml,
    write_split,
)

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS


def second_image(root):
    add_image(root, 'b.bmp')
    rewrite_xml(root, 'b', 'b.bmp', 'neither.png')


def thin_image(root):
    (root / 'JPEGImages/b.png').unlink()
    add_image(root, 'b.png', image=pixels(4, 3200))


def endless_image(root):
    (root / 'JPEGImages/b.png').unlink()
    (root / 'JPEGImages/b.png').symlink_to('/dev/zero')


#: What is done to the image b -> words that the message must hold.
IMAGE_FAULTS = {
    'no annotation': (
        lambda root: (root / 'Annotations/b.xml').unlink(),
        ['b.xml', 'no such annotation', 'without <object>'],
    ),
    'broken XML': (
        lambda root: rewrite_xml(root, 'b', '</size>', ''),
        ['b.xml', 'well-formed'],
    ),
    'no image': (
        lambda root: (root / 'JPEGImages/b.png').unlink(),
        ['JPEGImages', 'b:', 'no image', '.jpeg'],
    ),
    'two images': (
        second_image,
        ['b.bmp', 'b.png', 'keep one'],
    ),
    'empty image': (
        lambda root: cut_image(root, 'b', 0),
        ['b.png is empty; replace the file, or take its id out'],
    ),
    'image without pixels': (
        lambda root: cut_image(root, 'b', 20),
        ['b.png is damaged'],
    ),
    'text as image': (
        lambda root: (root / 'JPEGImages/b.png').write_text('<html/>'),
        ['b.png is damaged, or no image that OpenCV reads; replace'],
    ),
    'image that has hardly a side': (
        lambda root: thin_image(root),
        ['b.png is 3200x4 pixels', 'vanish', 'take its id out of the split'],
    ),
    'image that never ends': (
        lambda root: endless_image(root),
        ['b.png is a folder, device, pipe or socket; replace the file'],
    ),
    'line of a list by class': (
        lambda root: write_split(root, 'a', 'b -1', 'c', 'd'),
        ['b -1.xml', "the line 'b -1'", 'without suffix', 'JPEGImages'],
    ),
    'file that is not there': (
        lambda root: write_split(root, 'a', 'no b.jpg', 'c', 'd'),
        ['no b.jpg.xml: there is no such annotation; an image without'],
    ),
    'line that leads elsewhere': (
        lambda root: write_split(root, 'a', '../../b', 'c', 'd'),
        ["'../../b' leads out of the set"],
    ),
    'other image size': (
        lambda root: rewrite_xml(root, 'b', '<width>64', '<width>63'),
        ['b.xml', '63x48', '64x48'],
    ),
    'box right of the image': (
        lambda root: rewrite_xml(root, 'b', '<xmax>64', '<xmax>64.5'),
        ['b.xml', '<object> 2', '64.5', '64x48', 'clip'],
    ),
    'box left of the image': (
        lambda root: rewrite_xml(root, 'b', '<xmin>4.5', '<xmin>-1'),
        ['b.xml', '<object> 1', '-1', 'one_based'],
    ),
    'box above the image': (
        lambda root: rewrite_xml(root, 'b', '<ymin>2', '<ymin>-0.5'),
        ['b.xml', '<object> 1', '-0.5', '64x48'],
    ),
    'box below the image': (
        lambda root: rewrite_xml(root, 'b', '<ymax>48', '<ymax>49'),
        ['b.xml', '<object> 2', '49', '64x48'],
    ),
    'box without width': (
        lambda root: rewrite_xml(root, 'b', '<xmax>64', '<xmax>30'),
        ['b.xml', '<object> 2', 'without area'],
    ),
    'box upside down': (
        lambda root: rewrite_xml(root, 'b', '<ymax>48', '<ymax>3'),
        ['b.xml', '<object> 2', 'without area'],
    ),
    'unknown class': (
        lambda root: rewrite_xml(root, 'b', 'Happy', 'Contempt'),
        ['b.xml', '<object> 1', "'Contempt'", *EXPRESSIONS],
    ),
}
image_faults = pytest.mark.parametrize(
    ('spoil', 'words'), IMAGE_FAULTS.values(), ids=IMAGE_FAULTS
)


@image_faults
def test_a_faulty_image_is_an_error_that_says_what_to_mend(root, spoil, words):
    spoil(root)
    with pytest.raises(InputError) as error:
        load(root)
    for word in (*words, '1 of the 4 images', 'skip_invalid=True'):
        assert word in str(error.value)


@image_faults
def test_a_faulty_image_can_be_left_out_and_is_logged(root, log, spoil, words):
    spoil(root)
    dataset = load(root, skip_invalid=True)
    ids = [dataset.get_data_info(i)['img_id'] for i in range(len(dataset))]
    assert ids == ['a', 'c', 'd']
    assert 'left out 1 of 4 images' in log[0]
    for word in words:
        assert word in log[0]


def test_a_size_that_is_not_given_is_that_of_the_image(root, log):
    rewrite_xml(root, 'a', '<width>64', '<width>0')
    rewrite_xml(root, 'b', 'size>', 'sizes>')
    dataset = load(root)
    assert {dataset.get_data_info(i)['width'] for i in range(4)} == {64}
    assert '2 of 4 annotations give no size: that of the image' in log[0]


def test_a_split_without_a_face_is_warned_of(tmp_path, log):
    write_split(tmp_path, add_image(tmp_path, 'a.jpg'))
    load(tmp_path)
    assert 'no image has a face' in log[0]


def test_of_many_faults_the_first_few_are_logged(tmp_path, log):
    ids = [add_image(tmp_path, f'{i}.jpg', HAPPY) for i in range(9)]
    for image_id in ids[1:]:
        rewrite_xml(tmp_path, image_id, 'Happy', 'Unhappy')
    write_split(tmp_path, *ids)
    assert len(load(tmp_path, skip_invalid=True)) == 1
    assert 'left out 8 of 9 images' in log[0]
    assert log[0].count('Unhappy') == 5
    assert log[0].endswith('…')
    rewrite_xml(tmp_path, ids[0], 'Happy', 'Unhappy')
    with pytest.raises(InputError, match='none of its 9 images is usable'):
        load(tmp_path, skip_invalid=True)


def empty_split(root):
    write_split(root, '', '  ')


def repeated_id(root):
    write_split(root, 'a', 'b', 'a')


def binary_split(root):
    write_split(root, 'a').write_bytes(b'\xff\xfe\x00')


def no_split(root):
    write_split(root, 'a').unlink()


def no_folder(name):
    return lambda root: (root / name).rename(root / 'elsewhere')


@pytest.mark.parametrize(
    ('spoil', 'words'),
    [
        (no_split, ['train.txt', 'No such file', 'data/README.md']),
        (no_folder('ImageSets'), ['train.txt', 'data/README.md']),
        (no_folder('JPEGImages'), ['JPEGImages', 'data/README.md']),
        (no_folder('Annotations'), ['Annotations', 'data/README.md']),
        (empty_split, ['train.txt', 'empty']),
        (binary_split, ['train.txt', 'utf-8']),
        (repeated_id, ['train.txt', "'a'", 'more than once']),
    ],
)
@pytest.mark.parametrize('skip_invalid', [False, True])
def test_a_faulty_set_is_an_error_in_any_case(root, spoil, words, skip_invalid):
    spoil(root)
    with pytest.raises(InputError) as error:
        load(root, skip_invalid=skip_invalid)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (dict(data_prefix=dict(images='')), ['data_prefix', 'images', 'ann']),
        (dict(filter_cfg=dict(bbox_min_size=8)), ['bbox_min_size', 'min_size']),
        (dict(filter_cfg=dict(min_size=49)), ['min_size', '49', 'no image']),
        (dict(metainfo=dict(classes='face')), ['classes', "'face'", 'list']),
        *[
            (dict(metainfo=dict(classes=classes)), ['classes', 'different'])
            for classes in (('a', 'a'), (1, 2), 5, [['a']], ('a\nb',), ('',))
        ],
        (dict(metainfo=dict(classes=('\ud800',))), ['classes', 'different']),
        (dict(unlabelled='Sad'), ['unlabelled', 'Sad']),
    ],
)
def test_a_faulty_option_is_an_error(root, options, words):
    with pytest.raises(InputError) as error:
        load(root, **options)
    for word in words:
        assert word in str(error.value)
