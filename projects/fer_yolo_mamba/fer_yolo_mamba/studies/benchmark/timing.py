"""Seconds of rivals in turns, and the peak of memory of a call.

Another program on the machine, or a falling clock rate, slows whoever runs at
the time. So nobody runs all of his rounds at once: in each round every rival
has a turn, and the ratio of two rivals is that of turns close to each other.
"""

import gc
import mmap
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from .measures import Series

Call = Callable[[], object]

_STATUS = Path('/proc/self/status')
_CLEAR_REFS = Path('/proc/self/clear_refs')
_RESET_PEAK = '5'  # see proc(5)


def take_turns(
    rivals: Mapping[str, Call],
    rounds: int,
    turn_seconds: float = 0.2,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Series]:
    """Times rivals round by round, after one call of each to warm up.

    Args:
        rivals: What to call, by name. A call returns once its work is done:
            see :func:`synchronized`.
        rounds: Turns of each rival, at least one.
        turn_seconds: A turn goes on calling until this much time has passed,
            so that short calls are averaged; a long one is called once.
        clock: Seconds since any moment.

    Returns:
        Mean seconds a call in each turn, by name.
    """
    for run in rivals.values():
        run()
    seconds = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, run in rivals.items():
            calls, start, elapsed = 0, clock(), 0.0
            while calls == 0 or elapsed < turn_seconds:
                run()
                calls += 1
                elapsed = clock() - start
            seconds[name].append(elapsed / calls)
    return {name: Series(tuple(values)) for name, values in seconds.items()}


def synchronized(run: Call, device: torch.device) -> Call:
    """The same call, returning only when the device has done its work."""
    if device.type != 'cuda':
        return run

    def run_to_the_end() -> None:
        run()
        torch.cuda.synchronize(device)

    return run_to_the_end


def memory_is_measurable(device: torch.device) -> bool:
    """Whether :func:`peak_extra_bytes` serves: on GPUs, and on Linux."""
    return device.type == 'cuda' or _CLEAR_REFS.exists()


def peak_extra_bytes(run: Call, device: torch.device) -> int:
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
    forget_peak()
    before = status_bytes('VmRSS')
    run()
    # A page is the least that can be seen.
    return max(status_bytes('VmHWM') - before, mmap.PAGESIZE)


def in_fresh_process(function: Callable[..., Any], *args: Any) -> Any:
    """Calls a function of a module in a new interpreter.

    Args:
        function: Found again by its name, so no lambda or inner function.
        *args: Its arguments; they and the result can be pickled.
    """
    with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
        return pool.submit(function, *args).result()


def forget_peak() -> None:
    """Lets the peak of this process's memory, ``VmHWM``, begin anew."""
    _CLEAR_REFS.write_text(_RESET_PEAK)


def status_bytes(field: str) -> int:
    """What Linux says of this process's memory, such as ``VmRSS``: proc(5)."""
    found = re.search(rf'^{field}:\s+(\d+) kB$', _STATUS.read_text(), re.M)
    return int(found[1]) * 1024
