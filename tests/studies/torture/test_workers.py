"""What a watched process sees, and that it is replaced when it dies."""

import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.torture import Outcome, Verdict
from fer_yolo_mamba.studies.torture.outcomes import ImpossibleResult
from fer_yolo_mamba.studies.torture.trial import CANARY, Attempt
from fer_yolo_mamba.studies.torture.workers import Order, Surroundings, Workers

pytestmark = pytest.mark.skipif(
    sys.platform != 'linux', reason='reads /proc, as the tool does'
)
PLACE = Path('given.txt')


def accept(path):
    assert path.read_bytes() == b'damaged'


def refuse(path):
    raise InputError(f'{path} is of no use: name another.')


def no_such_file(path):
    Path('none.txt').read_bytes()


def fail(path):
    {}['missing']


def impossible(path):
    raise ImpossibleResult('a side of 0 pixels')


def two_lines(path):
    print('Warning: I go on.', file=sys.stderr)
    refuse(path)
    print('and on', file=sys.stderr)


def says_nothing(path):
    sys.exit(2)


def costly(path):
    bytearray(1_600_000_000)
    refuse(path)


def die(path):
    os.abort()


def leave_canary(path):
    exec(f'open({str(CANARY)!r}, "w").close()')


def start_program(path):
    os.system('true')


def write_elsewhere(path):
    Path('..', 'elsewhere').write_text('x')


def write_over(path):
    path.write_text('mine')


def remove_good(path):
    Path('good.txt').unlink()


EXPECTED = {
    accept: Verdict.ACCEPTED,
    refuse: Verdict.REFUSED,
    no_such_file: Verdict.REFUSED,
    two_lines: Verdict.REFUSED,
    fail: Verdict.TRACEBACK,
    impossible: Verdict.IMPOSSIBLE,
    says_nothing: Verdict.WORDY,
    costly: Verdict.COSTLY,
    die: Verdict.CRASHED,
    leave_canary: Verdict.ESCAPED,
    start_program: Verdict.ESCAPED,
    write_elsewhere: Verdict.ESCAPED,
    write_over: Verdict.OVERWRITTEN,
    remove_good: Verdict.OVERWRITTEN,
}


def attempt(subject, number, read):
    return Attempt(subject, number, PLACE, b'damaged', read)


@pytest.fixture(scope='module')
def outcomes(tmp_path_factory) -> dict[str, Outcome]:
    """All of the above, one after the other, in one process and its heirs."""
    out = tmp_path_factory.mktemp('torture')
    good = out / 'good'
    good.mkdir()
    (good / 'good.txt').write_text('good')
    orders = [
        Order(read.__name__, '0', partial(attempt, read=read))
        for read in EXPECTED
    ]
    with Workers(1, Surroundings(good, out, run_cli)) as workers:
        found = {outcome.subject: outcome for outcome in workers.run(orders)}
        kept = sorted(path.name for path in (out / 'faults').iterdir())
    assert kept == sorted(
        outcome.kept for outcome in found.values() if outcome.verdict.is_fault
    )
    return found


@pytest.mark.parametrize('read', EXPECTED, ids=lambda read: read.__name__)
def test_every_end_is_told_apart(read, outcomes):
    outcome = outcomes[read.__name__]
    assert outcome.verdict is EXPECTED[read], outcome


def test_an_outcome_says_what_was_said_and_what_it_cost(outcomes):
    assert outcomes['refuse'].said == (
        'error: given.txt is of no use: name another.'
    )
    assert outcomes['fail'].said.startswith("KeyError: 'missing'")
    assert outcomes['refuse'].peak_bytes < 1e9 < outcomes['costly'].peak_bytes
    assert 'os.system' in outcomes['start_program'].said
    assert 'given.txt' in outcomes['write_over'].said


def forever(path):
    time.sleep(1000)


def test_what_does_not_end_is_ended(tmp_path, monkeypatch):
    from fer_yolo_mamba.studies.torture import workers as module

    monkeypatch.setattr(module, '_PATIENCE', 0.5)
    (tmp_path / 'good').mkdir()
    order = Order('forever', '0', partial(attempt, read=forever))
    surroundings = Surroundings(tmp_path / 'good', tmp_path, run_cli)
    with Workers(1, surroundings) as workers:
        (outcome,) = workers.run([order])
    assert outcome.verdict is Verdict.ENDLESS
