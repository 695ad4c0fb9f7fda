"""Runs of a study on a Ray cluster, an actor of Ray's each."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from ..apis.many.cluster import Workers, join_cluster, machines, room
from ..compat.environment import Environment
from .execution import CPU, Device, Execution, Tools
from .processes import Processes, Stopped
from .runs import Run, RunRecord
from .summary import RunStatus, State

_SECONDS_BETWEEN_LOOKS = 0.5
_PATIENCE = 10.0  # seconds, for processes to end
_RESTARTS = 3  # of a run whose machine is lost


@dataclass(frozen=True)
class RayScheduler:
    """Carries out runs wherever a cluster has room.

    All machines see the folder of this process under the same path, and have
    the same Python there. A run whose machine is lost begins again on another,
    where it goes on from its last checkpoint.

    Attributes:
        tools: What trains and tests.
        workers: What each run takes of which cluster.
    """

    tools: Tools
    workers: Workers

    def __call__(
        self,
        records: Mapping[Run, RunRecord],
        tell: Callable[[Run, RunStatus], None],
    ) -> None:
        """Carries out all runs; see :data:`~.runner.Scheduler`.

        Raises:
            InputError: There is no such cluster, or no run fits there.
        """
        with join_cluster(self.workers.address):
            import ray
            from ray.util.queue import Queue

            room(machines(), self.workers)
            stages = Queue(actor_options=dict(num_cpus=0))
            # One call carries a run out, another may stop it.
            kind = ray.remote(
                num_cpus=self.workers.cpus,
                num_gpus=self.workers.gpus,
                max_concurrency=2,
                max_restarts=_RESTARTS,
                max_task_retries=_RESTARTS,
            )(_Worker)
            workers = {run: kind.remote(self.tools, stages) for run in records}
            runs = {
                workers[run].carry_out.remote(run, record, Path.cwd()): run
                for run, record in records.items()
            }
            under_way = list(runs)
            try:
                while under_way:
                    ended, under_way = ray.wait(
                        under_way, timeout=_SECONDS_BETWEEN_LOOKS
                    )
                    for run, stage in stages.get_nowait_batch(stages.qsize()):
                        tell(run, stage)
                    for call in ended:
                        run = runs[call]
                        try:
                            tell(run, ray.get(call))
                        except ray.exceptions.RayError as error:
                            reason = str(error).strip().splitlines()[-1]
                            tell(run, RunStatus(State.FAILED, reason))
                        # Its room is another's.
                        ray.kill(workers.pop(run))
            except BaseException:
                _stop(workers.values())
                raise


class _Worker:
    """Carries out one run, in a process of Ray's.

    Args:
        tools: What trains and tests.
        stages: Queue of the stages before the last.
    """

    def __init__(self, tools: Tools, stages) -> None:
        self._tools, self._stages = tools, stages
        self._processes = Processes()

    def carry_out(self, run: Run, record: RunRecord, folder: Path) -> RunStatus:
        """Returns its last stage, when the others are in the queue."""
        import ray

        os.chdir(folder)
        # Ray has hidden all other GPUs.
        gpus = ray.get_runtime_context().get_accelerator_ids().get('GPU', [])
        model = Environment.of(torch.device('cuda' if gpus else CPU)).device
        device = Device(','.join(gpus) or CPU, model)
        last, told = RunStatus(), []

        def tell(stage: RunStatus) -> None:
            nonlocal last
            last = stage
            if stage.state not in (State.DONE, State.FAILED):
                told.append(self._stages.actor.put.remote((run, stage)))

        execution = Execution(run, self._tools, device, self._processes, tell)
        with suppress(Stopped):
            execution.attempt(record)
        ray.get(told)
        return last

    def stop(self) -> None:
        """Ends its processes, and starts no more."""
        self._processes.stop()


def _stop(workers: Iterable) -> None:
    """Leaves no process of theirs, on any machine."""
    import ray

    stops = {worker.stop.remote(): worker for worker in workers}
    calls = list(stops)
    _, waiting = ray.wait(calls, num_returns=len(calls), timeout=_PATIENCE)
    # Those for which there was no room yet: they are to find none.
    for call in waiting:
        ray.kill(stops[call])
