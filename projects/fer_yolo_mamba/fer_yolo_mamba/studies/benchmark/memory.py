"""The peak of memory during a call, above what was there before."""

import gc
import mmap
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

_STATUS = Path('/proc/self/status')
_CLEAR_REFS = Path('/proc/self/clear_refs')
_RESET_PEAK = '5'  # see proc(5)


def is_measurable(device: torch.device) -> bool:
    """Whether :func:`peak_extra_bytes` serves: on GPUs, and on Linux."""
    return device.type == 'cuda' or _CLEAR_REFS.exists()


def peak_extra_bytes(run: Callable[[], object], device: torch.device) -> int:
    """Peak of memory while ``run()`` works, above the start.

    On a GPU the tensors', on the CPU the process's resident memory. That one
    also grows where code runs for the first time, and does not grow where
    memory freed earlier is used again: call this once in a fresh process,
    after a tiny run of the same code.

    Args:
        run: The call; what it returns is freed.
        device: Where it works.
    """
    gc.collect()
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    _CLEAR_REFS.write_text(_RESET_PEAK)
    before = _status_bytes('VmRSS')
    run()
    # A page is the least that can be seen.
    return max(_status_bytes('VmHWM') - before, mmap.PAGESIZE)


def in_fresh_process(function: Callable[..., Any], *args: Any) -> Any:
    """Calls a function of a module in a new interpreter.

    Args:
        function: Found again by its name, so no lambda or inner function.
        *args: Its arguments; they and the result can be pickled.
    """
    with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
        return pool.submit(function, *args).result()


def _status_bytes(field: str) -> int:
    found = re.search(rf'^{field}:\s+(\d+) kB$', _STATUS.read_text(), re.M)
    return int(found[1]) * 1024
