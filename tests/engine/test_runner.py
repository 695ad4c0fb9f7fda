"""Finding where a run stopped."""

import pytest

from fer_yolo_mamba.engine import runner
from fer_yolo_mamba.engine.runner import latest_checkpoint, locked
from fer_yolo_mamba.errors import InputError


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


def test_a_folder_is_locked_until_its_run_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, '_PATIENCE', 0.1)
    folder = tmp_path / 'run'
    with locked(folder):
        with locked(tmp_path / 'another'):
            pass
        with pytest.raises(InputError, match=f'{folder}: wait for its end'):
            locked(folder).__enter__()
    with locked(folder):
        pass


def test_a_run_that_was_killed_lets_go(tmp_path, run_python):
    run_python(
        f"""
        import os
        from fer_yolo_mamba.engine.runner import locked
        locked({str(tmp_path)!r}).__enter__()
        if os.fork() == 0:
            os.kill(os.getpid(), 9)
        os.wait()
        """
    )
    with locked(tmp_path):
        pass
