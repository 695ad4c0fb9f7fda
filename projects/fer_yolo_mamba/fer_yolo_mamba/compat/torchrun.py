"""torchrun, which says in one sentence which process of a run was lost."""

import argparse
import os
import signal
import socket

from torch.distributed import DistError
from torch.distributed.elastic.multiprocessing.errors import (
    ChildFailedError,
    ProcessFailure,
)
from torch.distributed.elastic.rendezvous import RendezvousError
from torch.distributed.run import get_args_parser, run

from ..errors import InputError

# Seconds for the others to end by themselves, once a process is lost.
_PATIENCE = 15


def make_torchrun_parser() -> argparse.ArgumentParser:
    """torchrun's arguments; a script's own come after it."""
    parser = get_args_parser()
    parser.set_defaults(shutdown_timeout=_PATIENCE)
    return parser


def run_processes(args: argparse.Namespace) -> None:
    """Runs this machine's processes of a run to their end.

    Args:
        args: Of :func:`make_torchrun_parser`.

    Raises:
        InputError: One failed, and there are no restarts left; or the machine
            is gone by which all find each other.
    """
    # torchrun keeps one store over all restarts, in which processes find each
    # other by what those before them wrote, and wait for them without end. So
    # every start gets a store of its own.
    os.environ.setdefault('TORCH_DISABLE_SHARE_RDZV_TCP_STORE', '1')
    try:
        run(args)
    except ChildFailedError as error:
        rank, failure = _cause(error)
        raise InputError(
            f'rank {rank} (process {failure.pid} on {socket.gethostname()}) '
            f'{_end(failure)}; the same command goes on from the last '
            'checkpoint with --resume after the script.'
        ) from error
    except (DistError, RendezvousError) as error:
        raise InputError(
            f'{socket.gethostname()} cannot reach the machine of '
            f'--rdzv-endpoint ({" ".join(str(error).split())[:120]}): start it '
            'there, too, or see why it ended there.'
        ) from error


def _cause(error: ChildFailedError) -> tuple[int, ProcessFailure]:
    """The one that was killed: the others fail for want of it."""
    for rank, failure in error.failures.items():
        if failure.exitcode < 0 and failure.exitcode != -signal.SIGTERM:
            return rank, failure
    return error.get_first_failure()


def _end(failure: ProcessFailure) -> str:
    name = failure.signal_name()
    if failure.exitcode == -signal.SIGKILL:
        return (
            f'was killed by {name}, most likely because memory ran out (dmesg '
            'tells: take a smaller batch or fewer workers) or by hand'
        )
    if failure.exitcode < 0:
        return f'was ended by {name}: a fault of a library or of the machine'
    return f'ended with status {failure.exitcode}, and says why above'
