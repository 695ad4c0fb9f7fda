"""The tested versions and what happens beside them; the machine."""

import importlib
import platform
import re
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch
from packaging.version import Version

# requirements/constraints.txt pins the same set with all that it needs.
TESTED = {
    'torch': '2.13.0',
    'mmengine': '0.10.7',
    'mmcv-lite': '2.0.1',
    'mmdet': '3.3.0',
    'mmyolo': '0.6.0',
}


def found(distribution: str) -> str | None:
    """The installed version of a distribution, or None.

    The full mmcv counts as mmcv-lite: it is the same code with its operators
    compiled.
    """
    for name in (distribution.removesuffix('-lite'), distribution):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def warn_untested() -> None:
    """Warns, once for each, of versions that are not the tested ones."""
    for name, tested in TESTED.items():
        version = found(name)
        if version and Version(version).public != tested:
            warnings.warn(
                f'{name} {version} is installed; FER-YOLO-Mamba is tested '
                f'with {tested} (pip install "{name}=={tested}").',
                stacklevel=4,
            )


def import_past_gates() -> None:
    """Imports mmdet and mmyolo whatever mmcv's version is.

    Both assert an upper bound on mmcv when they are imported (2.2 and 2.1),
    although the parts used here work with later ones. They read the bound
    from ``mmcv.__version__`` once, so the tested version stands there
    meanwhile; :func:`warn_untested` has told the user.
    """
    import mmcv

    version = mmcv.__version__
    mmcv.__version__ = TESTED['mmcv-lite']
    try:
        importlib.import_module('mmdet')
        importlib.import_module('mmyolo')
    finally:
        mmcv.__version__ = version


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
