"""Commands end with all that they started."""

import os
import sys
import threading
import time

import pytest

from fer_yolo_mamba.studies.processes import Processes, Stopped, ToolLog

linux = pytest.mark.skipif(sys.platform != 'linux', reason='needs /proc')

# Starts a worker, as a data loader does, and tells its id.
WITH_WORKER = """
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print(worker.pid, flush=True)
time.sleep(60)
"""


def is_alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def run(processes, program, log, meanwhile=lambda: None):
    command = [sys.executable, '-c', program]
    return processes.run(command, log, dict(os.environ), meanwhile)


@pytest.mark.parametrize(
    ('program', 'status'),
    [
        ('print(1)', 0),
        ('import sys; sys.exit(3)', 3),
        ('import os; os.kill(os.getpid(), 9)', -9),
    ],
)
def test_status_of_a_command(program, status, tmp_path):
    assert run(Processes(), program, tmp_path / 'log') == status


def test_a_log_that_leads_elsewhere_is_left_alone(tmp_path):
    (tmp_path / 'private').write_text('kept')
    (tmp_path / 'log').symlink_to(tmp_path / 'private')
    with pytest.raises(OSError, match='log'):
        run(Processes(), 'print(1)', tmp_path / 'log')
    assert (tmp_path / 'private').read_text() == 'kept'


def test_output_is_appended_to_the_log(tmp_path):
    path = tmp_path / 'log'
    path.write_text('Epoch(train)  [7][1/2]\nearlier\n')
    log = ToolLog.from_now(path)
    assert (log.epoch(), log.last_line()) == (None, '')
    program = """
import sys
print('Epoch(train) [ 9][1/2]')
print('Epoch(train) [10][1/2]')
print('Epoch(val) [8][1/2]', flush=True)
print('ValueError: x\\n\\n', file=sys.stderr)
"""
    run(Processes(), program, path)
    assert (log.epoch(), log.last_line()) == (10, 'ValueError: x')
    assert path.read_text().startswith('Epoch(train)  [7]')


@linux
def test_stop_ends_the_workers_too(tmp_path):
    processes, log = Processes(), tmp_path / 'log'
    ended = []

    def command():
        with pytest.raises(Stopped):
            run(processes, WITH_WORKER, log)
        ended.append(True)

    thread = threading.Thread(target=command)
    thread.start()
    wait_until(lambda: log.exists() and log.read_text().strip())
    worker = int(log.read_text())
    assert is_alive(worker)
    processes.stop()
    thread.join(10)
    assert ended
    wait_until(lambda: not is_alive(worker))


def test_nothing_starts_after_a_stop(tmp_path):
    processes = Processes()
    processes.stop()
    with pytest.raises(Stopped):
        run(processes, 'print(1)', tmp_path / 'log')
    with pytest.raises(Stopped):
        processes.pause()
