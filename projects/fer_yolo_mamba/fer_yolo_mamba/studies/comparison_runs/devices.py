"""The GPUs among which runs are shared out."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ...errors import InputError

CPU = 'cpu'


@dataclass(frozen=True)
class Device:
    """Where one run at a time is carried out.

    Attributes:
        name: A GPU as ``CUDA_VISIBLE_DEVICES`` names it, or ``cpu``.
        model: What it is called.
    """

    name: str
    model: str

    def environment(self) -> dict[str, str]:
        """This process's variables, with no other GPU in sight."""
        visible = '' if self.name == CPU else self.name
        return {**os.environ, 'CUDA_VISIBLE_DEVICES': visible}


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
    gpus = _visible_gpus()
    devices = []
    for name in names or gpus or [CPU]:
        if name not in (*gpus, CPU):
            raise InputError(
                f'--devices {name}: torch sees {", ".join(gpus) or "no GPU"}; '
                f'name one of them, or {CPU}.'
            )
        torch_device = (
            torch.device(CPU)
            if name == CPU
            else torch.device('cuda', gpus.index(name))
        )
        devices.append(Device(name, model_of(torch_device)))
    return devices


def _visible_gpus() -> list[str]:
    count = torch.cuda.device_count()
    visible = os.environ.get('CUDA_VISIBLE_DEVICES')
    names = range(count) if visible is None else visible.split(',')[:count]
    return [str(name).strip() for name in names]
