"""Runs of a study on a Ray cluster, a task of Ray's each."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from ..apis.many.cluster import Workers, join_cluster, room
from ..compat.environment import Environment
from .execution import CPU, Device, Execution, Tools
from .processes import Processes
from .runs import Run, RunRecord
from .summary import RunStatus, State

_SECONDS_BETWEEN_LOOKS = 0.5
_PATIENCE = 10.0  # for tasks to end


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

            room(ray.cluster_resources(), self.workers)
            stages = Queue(actor_options=dict(num_cpus=0))
            task = ray.remote(
                num_cpus=self.workers.cpus, num_gpus=self.workers.gpus
            )(_carry_out)
            runs = {
                task.remote(run, record, self.tools, Path.cwd(), stages): run
                for run, record in records.items()
            }
            under_way = list(runs)
            try:
                while under_way:
                    ended, under_way = ray.wait(
                        under_way, timeout=_SECONDS_BETWEEN_LOOKS
                    )
                    for run, stage in stages.get_nowait_batch(stages.qsize()):
                        if run in runs.values():
                            tell(run, stage)
                    for task in ended:
                        try:
                            last = ray.get(task)
                        except ray.exceptions.RayError as error:
                            reason = str(error).strip().splitlines()[-1]
                            last = RunStatus(State.FAILED, reason)
                        tell(runs.pop(task), last)
            except BaseException:
                # Each ends its own processes.
                for task in under_way:
                    ray.cancel(task)
                ray.wait(
                    under_way, num_returns=len(under_way), timeout=_PATIENCE
                )
                raise


def _carry_out(
    run: Run, record: RunRecord, tools: Tools, folder: Path, stages
) -> RunStatus:
    """One run, in a process of Ray's; returns its last stage."""
    import ray

    os.chdir(folder)
    # Ray has hidden all other GPUs.
    gpus = ray.get_runtime_context().get_accelerator_ids().get('GPU', [])
    model = Environment.of(torch.device('cuda' if gpus else CPU)).device
    device = Device(','.join(gpus) or CPU, model)
    processes = Processes()
    last = RunStatus()

    def tell(stage: RunStatus) -> None:
        nonlocal last
        last = stage
        # The last one is returned. Without waiting for the others: Ray would
        # lend the task's CPUs to another meanwhile.
        if stage.state not in (State.DONE, State.FAILED):
            stages.actor.put.remote((run, stage))

    execution = Execution(run, tools, device, processes, tell)
    try:
        execution.attempt(record)
    except BaseException:
        processes.stop()
        raise
    return last
