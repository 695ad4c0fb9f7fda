"""How a tool ends that is told to by a signal."""

import argparse
import os
import signal
import subprocess
import sys
import time
from multiprocessing import get_context

import pytest

from fer_yolo_mamba.cli import command, run_cli
from fer_yolo_mamba.files import staged


@pytest.mark.parametrize('name', ['SIGINT', 'SIGTERM', 'SIGHUP'])
def test_a_signal_is_one_word_and_what_was_begun_is_removed(
    name, capsys, tmp_path
):
    number = getattr(signal, name)

    def main(args):
        with staged(tmp_path / 'film.mp4') as part:
            part.touch()
            os.kill(os.getpid(), number)
            time.sleep(10)

    # As a shell starts a tool; pytest may have been started by nohup.
    default = signal.default_int_handler
    default = default if name == 'SIGINT' else signal.SIG_DFL
    earlier = signal.signal(number, default)
    try:
        with pytest.raises(SystemExit) as ended:
            run_cli(argparse.ArgumentParser(), main, [])
        assert signal.getsignal(number) is default
    finally:
        signal.signal(number, earlier)
    assert ended.value.code == 128 + number
    assert capsys.readouterr().err == 'interrupted\n'
    assert not list(tmp_path.iterdir())


def test_a_pool_ends_its_processes_without_a_word(capfd):
    def main(args):
        with get_context('fork').Pool(1) as pool:
            pool.map(abs, [1])

    run_cli(argparse.ArgumentParser(), main, [])
    assert capfd.readouterr().err == ''


def test_an_interrupt_of_the_imports_is_one_word_too(monkeypatch, capsys):
    def import_slowly(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, 'import_module', import_slowly)
    with pytest.raises(SystemExit) as ended:
        command.main(['predict', 'photo.jpg'])
    assert ended.value.code == 130
    assert capsys.readouterr().err == 'interrupted\n'


@pytest.mark.parametrize(
    ('imports', 'said'),
    [
        ('raise KeyboardInterrupt', 'interrupted\n'),
        ('raise ImportError("none")', 'ImportError: none\n'),
    ],
)
def test_an_interrupt_of_a_scripts_imports_is_one_word_too(imports, said):
    script = f'from fer_yolo_mamba.cli import run_cli\n{imports}'
    ended = subprocess.run(
        [sys.executable, '-c', script], capture_output=True, text=True
    )
    is_interrupt = said == 'interrupted\n'
    assert ended.returncode == (-signal.SIGINT if is_interrupt else 1)
    assert ('Traceback' in ended.stderr) is not is_interrupt
    assert ended.stderr.endswith(said)
