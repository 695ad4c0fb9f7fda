"""Environment: the machine that figures were measured on."""

import platform
import re
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Environment:
    """What figures depend on.

    Attributes:
        device: Name of the processor, or of the GPU where that was measured.
        threads: Threads of PyTorch on the CPU.
        torch: PyTorch's version.
    """

    device: str
    threads: int
    torch: str

    @classmethod
    def of(cls, device: torch.device) -> 'Environment':
        """Of this process, on a device."""
        is_gpu = device.type == 'cuda'
        return cls(
            torch.cuda.get_device_name(device) if is_gpu else _cpu_name(),
            torch.get_num_threads(),
            torch.__version__,
        )

    def __str__(self) -> str:
        return f'{self.device}, torch {self.torch}, threads: {self.threads}'


def _cpu_name() -> str:
    try:
        information = Path('/proc/cpuinfo').read_text(encoding='utf-8')
    except OSError:  # not Linux
        information = ''
    found = re.search(r'^model name\s*:\s*(.+)$', information, re.M)
    return found[1] if found else platform.processor() or platform.machine()
