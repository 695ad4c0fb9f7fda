"""A Ray cluster, or a Ray on this machine alone: who works, and where."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ...errors import InputError

# Of Ray's shared memory on one machine, through which only numbers pass.
_SHARED_MEMORY = 100 * 2**20


@dataclass(frozen=True)
class Workers:
    """Who works.

    Attributes:
        address: Of a Ray cluster, or ``auto`` for that of this machine; by
            default a Ray of its own is started on this machine.
        count: Number of workers; by default as many as there is room for.
        cpus: Of each; also its threads.
        gpus: Of each, which may be a fraction.
    """

    address: str | None = None
    count: int | None = None
    cpus: float = 1
    gpus: float = 0


@contextmanager
def join_cluster(address: str | None) -> Iterator[None]:
    """Joins a cluster, or starts a Ray on this machine; leaves it at the end.

    A Ray that a caller has started already is used and left alone.

    Raises:
        InputError: There is no such cluster.
    """
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
    if address is None:
        # Its C++ parts tell of each reconnection otherwise.
        os.environ.setdefault('RAY_BACKEND_LOG_LEVEL', 'fatal')
    import ray

    if ray.is_initialized():
        yield
        return
    # What it warns of are its own settings.
    for name in ('ray', 'ray.data'):
        logging.getLogger(name).setLevel(logging.ERROR)
    local = dict(
        address='local',
        include_dashboard=False,
        object_store_memory=_SHARED_MEMORY,
    )
    try:
        ray.init(
            **(dict(address=address) if address else local),
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
    except (ConnectionError, ValueError) as error:
        raise InputError(
            f'no Ray cluster answers at {address} ({error}): start one with '
            '"ray start --head", or give no address.'
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def machines() -> list[Mapping[str, float]]:
    """What each machine of the cluster that was joined has."""
    import ray

    return [node['Resources'] for node in ray.nodes() if node['Alive']]


def room(machines: Sequence[Mapping[str, float]], workers: Workers) -> int:
    """How many workers there is room for; each is on one machine.

    Args:
        machines: Resources of each, as Ray names them.
        workers: What each of them needs.

    Raises:
        InputError: Not one fits.
    """
    needs = {'CPU': workers.cpus, 'GPU': workers.gpus}

    def fitting(machine: Mapping[str, float]) -> float:
        return min(machine.get(x, 0) // needs[x] for x in needs if needs[x])

    count = int(sum(map(fitting, machines)))
    if not count:
        most = {x: max(one.get(x, 0) for one in machines) for x in needs}
        raise InputError(
            f'a worker of {workers.cpus:g} CPUs and {workers.gpus:g} GPUs '
            f'fits on no machine: they have at most {most["CPU"]:g} CPUs and '
            f'{most["GPU"]:g} GPUs. Give fewer --cpus or --gpus.'
        )
    return count
