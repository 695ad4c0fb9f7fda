"""Timing rivals in turns.

Another program on the machine, or a falling clock rate, slows whoever runs at
the time. So nobody runs all of his rounds at once: in each round every rival
has a turn, and the ratio of two rivals is that of turns close to each other.
"""

import time
from collections.abc import Callable, Mapping

import torch

from .series import Series

Run = Callable[[], object]


def take_turns(
    rivals: Mapping[str, Run],
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
            seconds[name].append(_turn(run, turn_seconds, clock))
    return {name: Series(tuple(values)) for name, values in seconds.items()}


def synchronized(run: Run, device: torch.device) -> Run:
    """The same call, returning only when the device has done its work."""
    if device.type != 'cuda':
        return run

    def run_to_the_end() -> None:
        run()
        torch.cuda.synchronize(device)

    return run_to_the_end


def _turn(run: Run, seconds: float, clock: Callable[[], float]) -> float:
    calls, start, elapsed = 0, clock(), 0.0
    while calls == 0 or elapsed < seconds:
        run()
        calls += 1
        elapsed = clock() - start
    return elapsed / calls
