"""The cache of decoded pictures: whole, up to date, or not there."""

import os
import pickle
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from voc_sets import HAPPY, add_image, load, pixels, write_split

from fer_yolo_mamba.datasets import fitted_images
from fer_yolo_mamba.datasets.fitted_images import FittedImages, fit_ratio
from fer_yolo_mamba.errors import InputError

SCALE = (32, 32)


@pytest.mark.parametrize(
    ('size', 'scale', 'expected'),
    [
        ((640, 480), (320, 320), (0.5, (320, 240))),
        ((480, 640), (320, 320), (0.5, (240, 320))),
        ((640, 480), (160, 320), (0.25, (160, 120))),
        # Small ones stay as they are, and those of which 319 pixels remain.
        ((320, 200), (320, 320), (1.0, (320, 200))),
        ((48, 48), (320, 320), (1.0, (48, 48))),
        ((581, 300), (320, 320), (1.0, (581, 300))),
        # A side would vanish.
        ((2000, 5), (320, 320), (1.0, (2000, 5))),
    ],
)
def test_the_size_that_mosaic_gives_a_picture(size, scale, expected):
    assert fit_ratio(*size, scale) == expected


@pytest.fixture
def images(tmp_path):
    """Pictures of three shapes, as the cache is told of them."""
    shapes = {'a.bmp': (48, 64), 'b.jpg': (100, 40), 'c.png': (20, 30)}
    for name, shape in shapes.items():
        add_image(tmp_path, name, image=pixels(*shape))
    return [
        (str(tmp_path / 'JPEGImages' / name), width, height)
        for name, (height, width) in shapes.items()
    ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'image_cache' / 'train.bin'


@pytest.fixture
def decoded(monkeypatch):
    """Names of the files that were decoded, in no order."""
    names = []
    decode = fitted_images.decode_set_image

    def remember(path):
        names.append(Path(path).name)
        return decode(path)

    monkeypatch.setattr(fitted_images, 'decode_set_image', remember)
    return names


def require_all(cache, images):
    for name, *_ in images:
        expected, _ = fitted_images.fitted_image(name, SCALE)
        found = cache.read(name)
        assert np.array_equal(found, expected)
        with pytest.raises(ValueError, match='read-only'):
            found[:] = 0


def test_pictures_are_decoded_once(images, path, decoded):
    FittedImages(path, images, SCALE)
    assert sorted(decoded) == ['a.bmp', 'b.jpg', 'c.png']
    decoded.clear()
    cache = FittedImages(path, images, SCALE)
    assert not decoded
    require_all(cache, images)
    assert cache.read('another.png') is None


def test_a_changed_picture_makes_it_anew(images, path, decoded):
    """Also one whose file is as long as before, as a bitmap is."""
    name = images[0][0]
    old = FittedImages(path, images, SCALE)
    before = old.read(name)
    decoded.clear()
    add_image(Path(name).parents[1], 'a.bmp', image=255 - pixels(48, 64))
    cache = FittedImages(path, images, SCALE)
    assert len(decoded) == 3
    np.testing.assert_allclose(cache.read(name), 255 - before, atol=1)
    # Who still trains with the old one is not disturbed.
    assert np.array_equal(old.read(name), before)


@pytest.mark.parametrize('what', ['fewer', 'scale', 'cut', 'other bytes'])
def test_a_file_that_does_not_fit_is_made_anew(what, images, path, decoded):
    FittedImages(path, images, SCALE)
    decoded.clear()
    scale = SCALE
    if what == 'fewer':
        images = images[:2]
    elif what == 'scale':
        scale = (16, 16)
    elif what == 'cut':
        os.truncate(path, path.stat().st_size - 1)
    else:
        path.write_bytes(bytes(path.stat().st_size))
    cache = FittedImages(path, images, scale)
    assert len(decoded) == len(images)
    assert cache.read(images[0][0]).any()


def test_a_killed_process_leaves_no_half_file(images, path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fitted_images.os, 'fsync', killed)
        with pytest.raises(KeyboardInterrupt):
            FittedImages(path, images, SCALE)
    assert not path.exists()
    left_over = path.with_name('.0123456789abcdef.part')
    left_over.touch()
    require_all(FittedImages(path, images, SCALE), images)
    assert not left_over.exists()


def test_one_makes_it_while_others_wait(images, path, decoded):
    with ThreadPoolExecutor(4) as pool:
        caches = list(
            pool.map(lambda _: FittedImages(path, images, SCALE), range(4))
        )
    assert len(decoded) == 3
    for cache in caches:
        require_all(cache, images)


def test_a_worker_of_a_new_interpreter_maps_the_file(images, path):
    content = pickle.dumps(FittedImages(path, images, SCALE))
    assert len(content) < 1000
    require_all(pickle.loads(content), images)
    path.unlink()
    assert pickle.loads(content).read(images[0][0]) is None


def test_a_damaged_picture_is_named(images, path):
    name = Path(images[1][0])
    name.write_bytes(name.read_bytes()[:200])
    with pytest.raises(InputError, match=r'b\.jpg is damaged'):
        FittedImages(path, images, SCALE)
    assert not path.exists()


def test_a_picture_of_another_size_is_named(images, path):
    images[0] = images[0][0], 64, 40
    with pytest.raises(InputError, match=r'a\.bmp has 64x48 pixels, other'):
        FittedImages(path, images, SCALE)


def test_a_full_disk_is_told_before_it_is_fuller(images, path, monkeypatch):
    usage = namedtuple('Usage', ['free'])(1_000_000_100)
    monkeypatch.setattr(fitted_images.shutil, 'disk_usage', lambda _: usage)
    with pytest.raises(OSError, match=r'takes 0.0 GB, of which 0.0 GB are'):
        FittedImages(path, images, SCALE)
    assert {entry.name for entry in path.parent.iterdir()} == {'lock'}


PIPELINE = [
    dict(type='LoadFittedImage', scale=SCALE),
    dict(type='LoadAnnotations', with_bbox=True),
]


@pytest.fixture
def data_set(tmp_path):
    """Makes the set of one picture, 64 pixels wide."""
    write_split(tmp_path, add_image(tmp_path, 'a.png', HAPPY))

    def make(**options):
        return load(tmp_path, pipeline=PIPELINE, **options)

    return make


def test_a_data_set_takes_its_pictures_from_it(data_set, tmp_path, decoded):
    plain = data_set()[0]
    assert plain['img'].shape == (24, 32, 3)
    assert plain['ori_shape'] == (48, 64)
    dataset = data_set(image_cache='cache')
    assert (tmp_path / 'cache/train_32x32.bin').is_file()
    decoded.clear()
    cached = dataset[0]
    assert not decoded
    assert np.array_equal(cached['img'], plain['img'])
    for key in ('img_shape', 'ori_shape', 'fit_ratio'):
        assert cached[key] == plain[key], key


def test_a_test_reads_the_files(data_set, tmp_path):
    assert data_set(image_cache='cache', test_mode=True).fitted_images is None
    assert not (tmp_path / 'cache').exists()


def test_training_goes_on_where_there_is_no_room(data_set, log, monkeypatch):
    usage = namedtuple('Usage', ['free'])(0)
    monkeypatch.setattr(fitted_images.shutil, 'disk_usage', lambda _: usage)
    dataset = data_set(image_cache='cache')
    assert dataset[0]['img'].shape == (24, 32, 3)
    (line,) = [line for line in log if 'train_32x32.bin' in line]
    assert 'cannot be made (it takes 0.0 GB, of which 0.0 GB are free)' in line
    assert 'name another folder' in line
