"""Finding where a run stopped."""

import pytest

from fer_yolo_mamba.engine.runner import latest_checkpoint


@pytest.mark.parametrize(
    ('files', 'expected'),
    [
        ([], None),
        (['last_checkpoint', 'metrics.csv'], None),
        (['epoch_9.pth', 'epoch_10.pth'], 'epoch_10.pth'),
        # What a write that was killed leaves behind has another name.
        (['epoch_1.pth', '.epoch_2.pth.part'], 'epoch_1.pth'),
    ],
)
def test_latest_checkpoint(files, expected, tmp_path):
    for name in files:
        (tmp_path / name).touch()
    found = latest_checkpoint(tmp_path)
    assert (found and found.name) == expected


def test_a_run_that_never_started(tmp_path):
    assert latest_checkpoint(tmp_path / 'none') is None
