"""Runs of a study on this machine, one a device at a time."""

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import torch

from ..errors import InputError
from .execution import CPU, Device, Execution, Tools
from .processes import Processes, Stopped
from .runs import Run, RunRecord
from .summary import RunStatus


@dataclass(frozen=True)
class LocalScheduler:
    """Carries out runs in processes of this machine.

    Attributes:
        devices: As :func:`choose_devices` returns them.
        tools: What trains and tests.
    """

    devices: Sequence[Device]
    tools: Tools

    def __call__(
        self,
        records: Mapping[Run, RunRecord],
        tell: Callable[[Run, RunStatus], None],
    ) -> None:
        """Carries out all runs; see :data:`~.runner.Scheduler`."""
        waiting = deque(records)
        processes = Processes()

        def work(device: Device) -> None:
            while waiting:
                try:
                    run = waiting.popleft()
                except IndexError:  # another device was faster
                    return
                execution = Execution(
                    run,
                    self.tools,
                    device,
                    processes,
                    lambda status, run=run: tell(run, status),
                )
                try:
                    execution.attempt(records[run])
                except Stopped:
                    tell(run, RunStatus())
                    return

        with ThreadPoolExecutor(len(self.devices)) as pool:
            try:
                workers = [pool.submit(work, device) for device in self.devices]
                for worker in as_completed(workers):
                    worker.result()
            except BaseException:
                # An interrupt, or a fault of a worker's: the pool would wait
                # for the end of all others.
                processes.stop()
                raise


def choose_devices(
    names: Sequence[str] | None, model_of: Callable[[torch.device], str]
) -> list[Device]:
    """Finds the devices that were asked for.

    Args:
        names: GPUs as ``CUDA_VISIBLE_DEVICES`` names them, or ``cpu``; one
            named twice carries out two runs at a time. None for all visible
            GPUs, or the CPU where there is none.
        model_of: Tells what torch's device is called.

    Raises:
        InputError: There is no such GPU.
    """
    count = torch.cuda.device_count()
    visible = os.environ.get('CUDA_VISIBLE_DEVICES')
    listed = range(count) if visible is None else visible.split(',')[:count]
    gpus = [str(name).strip() for name in listed]
    torch_devices = {
        **{name: torch.device('cuda', i) for i, name in enumerate(gpus)},
        CPU: torch.device(CPU),
    }
    devices = []
    for name in names or gpus or [CPU]:
        if name not in torch_devices:
            raise InputError(
                f'--devices {name}: torch sees {", ".join(gpus) or "no GPU"}; '
                f'name one of them, or {CPU}.'
            )
        devices.append(Device(name, model_of(torch_devices[name])))
    return devices
