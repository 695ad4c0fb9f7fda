"""tools/demo/heatmap.py: one picture of all photographs."""

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.visualization import write_image


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / 'photo.png'
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    write_image(path, noise)
    return path


@pytest.fixture
def heatmap(outcome_of, narrow_config, narrow_checkpoint):
    network = ('--config', narrow_config, '--weights', narrow_checkpoint)
    return lambda *arguments: outcome_of('demo/heatmap', *arguments, *network)


def test_it_draws_all_photographs(photograph, heatmap, tmp_path):
    out = tmp_path / 'new' / 'heatmap.png'
    for count in (1, 2):
        status, printed, _ = heatmap(
            *[photograph] * count, '--score-thr', 0.2, '--out', out
        )
        assert (status, printed) == (0, f'{out}\n')
        assert cv2.imread(str(out)).shape[1] == 352 * count


def test_a_face_that_was_not_found(photograph, heatmap, tmp_path):
    out = tmp_path / 'heatmap.png'
    status, _, error = heatmap(photograph, '--face', 1000, '--out', out)
    assert status == 2
    assert error.startswith(f'error: {photograph} has ')
    assert not out.exists()


def test_a_photograph_is_not_written_over(photograph, heatmap):
    before = photograph.read_bytes()
    status, _, error = heatmap(photograph, '--out', photograph)
    assert status == 2
    assert f'{photograph} is an input' in error
    assert photograph.read_bytes() == before


@pytest.mark.parametrize(
    ('out', 'words'),
    [
        ('heatmap.pdf', 'heatmap.pdf: name a file .png'),
        ('/dev/null/heatmap.png', '/dev/null cannot be used'),
    ],
)
def test_what_cannot_be_written_is_told_at_the_start(out, words, heatmap):
    # Before the photograph is missed.
    status, _, error = heatmap('none.jpg', '--out', out)
    assert status == 2 and words in error
