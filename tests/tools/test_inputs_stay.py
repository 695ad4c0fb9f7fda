"""No tool writes over what it reads."""

import numpy as np
import pytest

from fer_yolo_mamba.visualization import write_image


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / 'album' / 'me.jpg'
    write_image(path, np.full((60, 80, 3), 90, np.uint8))
    (tmp_path / 'link').symlink_to(path.parent)
    return path


@pytest.fixture
def predict(outcome_of, narrow_config, narrow_checkpoint):
    network = ('--config', narrow_config, '--checkpoint', narrow_checkpoint)
    return lambda *arguments: outcome_of('predict', *arguments, *network)


@pytest.mark.parametrize('out', ['album', 'link'])
def test_predict_takes_another_name_beside_the_photograph(
    out, photograph, predict, tmp_path
):
    before = photograph.read_bytes()
    # What it drew the first time is its own, to be drawn again.
    for _ in range(2):
        status, printed, _ = predict(photograph, '--out', tmp_path / out)
        assert status == 0
        assert printed.endswith(f'-> {tmp_path / out}/me_2.jpg\n')
    assert photograph.read_bytes() == before


def test_predict_makes_no_sheet_of_a_photograph(photograph, predict, tmp_path):
    before = photograph.read_bytes()
    status, _, error = predict(
        *(photograph, '--out', tmp_path), *('--sheet', photograph)
    )
    assert status == 2
    assert error.startswith(f'error: {photograph} is an input')
    assert photograph.read_bytes() == before
    assert not (tmp_path / 'me.jpg').exists()


def test_browse_dataset_leaves_a_set_alone(tiny_set, tiny_config, refusal):
    folder = tiny_set / 'JPEGImages'
    own = folder / 'train_01.jpg'
    write_image(own, np.full((60, 80, 3), 90, np.uint8))
    before = own.read_bytes()
    arguments = (tiny_config, '--count', 1, '--out', folder)
    try:
        said = refusal('analysis/browse_dataset', *arguments)
        assert own.read_bytes() == before
    finally:
        own.unlink()
    assert f'{own} is an input' in said


def test_a_test_keeps_the_validation_that_it_is_judged_by(
    tmp_path, tiny_config, narrow_checkpoint, refusal
):
    validation = tmp_path / 'predictions.json'
    validation.write_text('kept')
    said = refusal(
        *('test', tiny_config, narrow_checkpoint, '--work-dir', tmp_path),
        *('--thresholds', validation),
    )
    assert f'{validation} is an input' in said
    assert validation.read_text() == 'kept'


@pytest.mark.parametrize(
    ('tool', 'arguments'),
    [
        ('convert_checkpoint', ['{own}', '{own}']),
        ('analysis/get_flops', ['{own}', '--out', '{own}']),
    ],
)
def test_a_file_is_not_its_own_result(tool, arguments, tmp_path, refusal):
    own = tmp_path / 'faces.md'
    own.write_text('kept')
    refusal(tool, *(word.format(own=own) for word in arguments))
    assert own.read_text() == 'kept'
