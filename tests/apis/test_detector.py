"""From a photograph to faces."""

import copy
import dataclasses
import io
import itertools
import os
import pickle
import signal
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from matplotlib.cbook import get_sample_data
from mmdet.apis import inference_detector
from mmyolo.registry import MODELS
from PIL import Image

import fer_yolo_mamba
from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.engine.checkpoints import load_weights
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.visualization import write_image


@pytest.fixture(scope='module')
def narrow(narrow_config, narrow_checkpoint):
    return FERDetector(narrow_checkpoint, 'cpu', 0.2, config=narrow_config)


@pytest.fixture
def photograph():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (90, 133, 3), np.uint8)


@pytest.fixture(scope='module')
def ready():
    return FERDetector(device='cpu')


@pytest.fixture(scope='module')
def portraits():
    """Grace Hopper in several sizes and shapes, and nobody."""
    path = get_sample_data('grace_hopper.jpg', asfileobj=False)
    whole = cv2.imread(path)
    return [
        whole,
        np.ascontiguousarray(whole[100:400]),
        cv2.resize(whole, None, fx=0.5, fy=0.5),
        np.ascontiguousarray(whole[:, 80:450]),
        np.zeros((40, 300, 3), np.uint8),
    ]


@pytest.mark.parametrize('device', ['cudda', 'cuda:99', 'meta', 'cpu:x'])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(InputError, match=f'{device} cannot be used.*cpu'):
        FERDetector(device=device)


def test_the_package_offers_it():
    assert fer_yolo_mamba.FERDetector is FERDetector


def test_it_reads_what_the_test_pipeline_reads(
    narrow, narrow_config, narrow_checkpoint, photograph
):
    config = load_config(narrow_config)
    model = MODELS.build(config.model).eval()
    load_weights(model, narrow_checkpoint)
    model.cfg = config
    expected = inference_detector(model, photograph).pred_instances
    (reading,) = narrow.read(photograph)
    # All that survives mmyolo's suppression is among what the network sees.
    for box, score, label in zip(
        expected.bboxes.numpy(),
        expected.scores.numpy(),
        expected.labels.numpy(),
        strict=True,
    ):
        distance = np.abs(reading.bboxes - box).max(1)
        distance += np.abs(reading.scores[:, label] - score)
        assert distance.min() < 2e-2


def test_each_class_has_its_shift(narrow, photograph):
    plain = copy.copy(narrow)
    # Otherwise random weights are sure of everything.
    plain.input = dataclasses.replace(
        narrow.input, mean=(114.0,) * 3, std=(60.0,) * 3
    )
    shifted = copy.copy(plain)
    shifted.shift = (0.1, -0.3, -0.6, 0.2, 1.0, 0.2, -0.4)
    (before,), (after,) = plain.read(photograph), shifted.read(photograph)
    odds = before.scores / (1 - before.scores) * np.exp(shifted.shift)
    np.testing.assert_array_equal(after.bboxes, before.bboxes)
    np.testing.assert_allclose(after.scores, odds / (1 + odds), atol=2e-6)


@pytest.mark.parametrize('name', ['centernet', 'yolov8_s'])
def test_every_detector_can_serve(name, repository, tmp_path, photograph):
    config = load_config(repository / f'configs/baselines/{name}_demo.py')
    model = MODELS.build(config.model)
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(meta={}, state_dict=model.state_dict()), path)
    (result,) = FERDetector(path, 'cpu', 0.0, config=config)(photograph)
    assert all(0 <= face.score <= 1 for face in result.faces)


def test_boxes_are_in_the_photograph(narrow, photograph):
    (result,) = narrow(photograph)
    assert (result.width, result.height) == (133, 90)
    assert result.faces
    for face in result.faces:
        x1, y1, x2, y2 = face.bbox
        assert 0 <= x1 < x2 <= 133
        assert 0 <= y1 < y2 <= 90
        assert face.scores.keys() == set(EXPRESSIONS)
        assert face.score == face.scores[face.expression]
        assert face.score == max(face.scores.values())
        assert face.face_score == min(sum(face.scores.values()), 1)


@pytest.mark.parametrize('batch_size', [3, 20])
def test_a_batch_of_any_sizes_is_as_one_by_one(batch_size, ready, portraits):
    alone = [result for x in portraits for result in ready(x)]
    together = list(ready(portraits, batch_size=batch_size))
    assert [len(result) for result in alone] == [1, 1, 1, 1, 0]
    for one, other in zip(alone, together, strict=True):
        assert (one.width, one.height) == (other.width, other.height)
        for a, b in zip(one.faces, other.faces, strict=True):
            np.testing.assert_allclose(a.bbox, b.bbox, atol=1e-2)
            np.testing.assert_allclose(
                list(a.scores.values()), list(b.scores.values()), atol=1e-4
            )


def test_what_one_photograph_can_be(narrow, photograph, tmp_path):
    """A path, an array in either order, Pillow's, bytes, or an open file."""
    path = tmp_path / 'photo.png'
    write_image(path, photograph)
    rgb = photograph[..., ::-1]
    (expected,) = narrow(photograph)
    for source, options in (
        (path, {}),
        (str(path), {}),
        (rgb, dict(channels='RGB')),
        (Image.fromarray(rgb), {}),
        (path.read_bytes(), {}),
        (memoryview(path.read_bytes()), {}),
        (io.BytesIO(path.read_bytes()), {}),
        ([io.BytesIO(path.read_bytes())], {}),
        ([path], {}),
        (tmp_path, {}),
        (tmp_path / '*.png', {}),
    ):
        (result,) = narrow(source, **options)
        assert result.faces == expected.faces
        one = source[0] if isinstance(source, list) else source
        is_named = isinstance(one, (str, Path))
        assert result.source == (str(path) if is_named else None)
    with path.open('rb') as file:
        assert list(narrow(file)) == [expected]
    assert list(narrow([])) == []


def test_another_process_can_have_it(narrow, ready, photograph):
    for detector in (narrow, ready):
        copy = pickle.loads(pickle.dumps(detector))
        assert list(copy(photograph)) == list(detector(photograph))
        assert type(copy.model) is type(detector.model)


def in_forked_process(work):
    """How a child ends that does this, unless it hangs."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    # So that the threads have begun, of which the child has none.
    torch.rand(10**6).sin()
    child = os.fork()
    if not child:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)
        os._exit(not work())
    torch.set_num_threads(threads)
    return os.waitpid(child, 0)[1]


def test_a_forked_process_can_use_it(narrow, photograph):
    (expected,) = narrow(photograph)
    ended = in_forked_process(lambda: list(narrow(photograph)) == [expected])
    assert ended == 0


def test_a_forked_process_can_build_one(ready):
    ended = in_forked_process(
        lambda: FERDetector(device='cpu').classes == ready.classes
    )
    assert ended == 0


def test_nothing_is_read_before_it_is_asked_for(narrow, photograph):
    """Of an endless source, one batch is ahead of the results."""
    taken = []

    def endless():
        for number in itertools.count():
            taken.append(number)
            yield photograph

    results = narrow(endless(), batch_size=2)
    assert not taken
    next(results)
    assert len(taken) <= 4
    results.close()


def test_a_name_is_that_of_the_checkpoint(
    narrow_config, narrow_checkpoint, tmp_path
):
    saved = torch.load(narrow_checkpoint)
    saved['meta'] = dict(dataset_meta=dict(classes=EXPRESSIONS[::-1]))
    path = tmp_path / 'backwards.pth'
    torch.save(saved, path)
    detector = FERDetector(path, 'cpu', config=narrow_config)
    assert detector.classes == EXPRESSIONS[::-1]
    saved['meta']['dataset_meta']['classes'] = tuple('abcdefg')
    torch.save(saved, path)
    with pytest.raises(InputError, match='has the classes a, b, c'):
        FERDetector(path, 'cpu', config=narrow_config)


@pytest.mark.parametrize(
    'shape', [(1, 1, 3), (1, 50, 3), (2000, 40, 3), (400, 20_000, 3)]
)
def test_pictures_of_any_shape(shape, narrow):
    (result,) = narrow(np.zeros(shape, np.uint8))
    assert (result.height, result.width) == shape[:2]


@pytest.mark.parametrize('shape', [(1, 700, 3), (20_000, 8, 3)])
def test_a_picture_that_would_vanish_is_refused(shape, narrow):
    with pytest.raises(InputError, match=r'a side that is less .* crop it'):
        list(narrow(np.zeros(shape, np.uint8)))


def test_a_picture_seen_through_a_mirror(narrow, photograph):
    """A view with negative strides is an array like any other."""
    flipped = photograph[:, ::-1]
    assert list(narrow(flipped)) == list(narrow(flipped.copy()))


NOT_PICTURES = [
    (np.zeros((4, 4, 3)), 'float64'),
    (np.zeros((0, 4, 3), np.uint8), 'shape'),
    (7.5, 'of type float: give a path'),
    (None, 'of type NoneType: give a path'),
    (torch.zeros(3, 8, 8), 'of type Tensor: give a path'),
    (b'', '0 bytes are no image'),
    (memoryview(b'none'), '4 bytes are no image'),
    (io.BytesIO(), r'is empty or at its end: give it an image'),
    (io.StringIO('none'), "gives no bytes: open it in mode 'rb'"),
    ('missing.jpg', 'missing.jpg does not exist'),
    ('~/missing.jpg', 'missing.jpg does not exist'),
    ('missing/*.jpg', 'no file matches'),
    ('no\0name.jpg', 'does not exist'),
    ('no\0name.mp4', 'does not exist'),
    (5000 * 'x', 'x does not exist'),
    (-1, 'there is no camera -1'),
    ('https://example.org/a.jpg', 'is an address'),
]


@pytest.mark.parametrize(('image', 'words'), NOT_PICTURES)
def test_what_is_no_picture(image, words, narrow):
    with pytest.raises(InputError, match=words):
        list(narrow(image))


@pytest.mark.parametrize(('image', 'words'), NOT_PICTURES)
def test_the_rest_of_a_list_goes_on(image, words, narrow, photograph):
    with pytest.warns(UserWarning, match=words):
        assert len(list(narrow([image, photograph, image]))) == 1
    errors = []
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        results = narrow([photograph, image], on_error=errors.append)
        assert len(list(results)) == 1
    assert [type(error) for error in errors] == [InputError]


@pytest.mark.parametrize('name', ['album', 'album/*'])
def test_the_rest_of_a_folder_in_a_list_goes_on(
    name, narrow, photograph, tmp_path
):
    folder = tmp_path / 'album'
    for number in range(4):
        write_image(folder / f'{number}.png', photograph)
    (folder / '1.png').write_bytes(b'broken')
    outcomes = narrow.outcomes([photograph, tmp_path / name])
    numbers, outcomes = zip(*outcomes, strict=True)
    assert numbers == (0, 1, 1, 1, 1)
    assert isinstance(outcomes[2], InputError)
    assert '1.png' in str(outcomes[2])
    sources = [Path(outcomes[i].source).name for i in (1, 3, 4)]
    assert sources == ['0.png', '2.png', '3.png']


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (dict(batch_size=0), 'batch_size is 0'),
        (dict(batch_size=1.5), 'batch_size is 1.5: give a whole number'),
        (dict(batch_size='8'), 'batch_size is 8: give a whole number'),
        (dict(every=0), 'every is 0'),
        (dict(channels='rgb'), 'channels are rgb'),
        (dict(on_error='skip'), 'on_error is skip: give a function'),
    ],
)
def test_options_that_cannot_be(options, words, narrow, photograph):
    with pytest.raises(InputError, match=words):
        narrow(photograph, **options)


@pytest.mark.parametrize('conversion', ['GRAY2BGR', 'GRAY2BGRA'])
def test_grey_and_transparent_pictures(conversion, narrow, photograph):
    grey = photograph[..., 0]
    of_grey, of_other = narrow(
        [grey, cv2.cvtColor(grey, getattr(cv2, f'COLOR_{conversion}'))]
    )
    assert of_grey == of_other
    # The parts of the detector take them, too.
    scores, others = (
        narrow.read(image)[0].scores for image in (grey, np.dstack([grey] * 3))
    )
    np.testing.assert_array_equal(scores, others)


def test_two_sizes_are_two_readings(narrow, photograph, monkeypatch):
    monkeypatch.setattr(narrow, 'sizes', (1.0, 0.6))
    whole, small = narrow.read(photograph)
    assert (whole.size, small.size) == (1.0, 0.6)
    assert small.scale == pytest.approx(0.6 * whole.scale, rel=0.02)
    assert narrow.prepare(photograph, 0.6)[0].shape == (1, 3, 96, 96)


@pytest.mark.parametrize(('least', 'count'), [(90, 1), (91, 0)])
def test_small_faces_can_be_left_out(
    least, count, narrow, photograph, monkeypatch
):
    """What it sees here is as large as the photograph, 133 x 90 pixels."""
    monkeypatch.setattr(narrow, 'min_face', least)
    (result,) = narrow(photograph)
    assert len(result) == count


@pytest.mark.parametrize(
    ('settings', 'complaint'),
    [
        (dict(score_thr=2), 'score_thr is 2'),
        (dict(score_thr='high'), 'score_thr is high: give a number'),
        (dict(min_face=-1), 'min_face is -1: give a number'),
        (dict(sizes=()), 'sizes are'),
        (dict(sizes=(0,)), 'sizes are'),
        (dict(sizes=1), 'sizes are 1: give fractions'),
        (dict(device=object), 'cannot be used'),
        (dict(weights=7, config=None), 'weights are of type int: name a file'),
        (dict(weights=None), 'name its checkpoint'),
        (dict(weights='x.safetensors'), 'needs no config'),
        (dict(weights='none.pth'), 'does not exist'),
        (dict(half=True), 'half precision needs a GPU'),
    ],
)
def test_settings_that_cannot_be(
    settings, complaint, narrow_config, narrow_checkpoint
):
    settings = (
        dict(weights=narrow_checkpoint, config=narrow_config, device='cpu')
        | settings
    )
    with pytest.raises(InputError, match=complaint):
        FERDetector(**settings)
