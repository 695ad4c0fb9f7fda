"""A GPU in one command: are the kernels right, and how fast is it all?

Three sections: the Triton kernels against a float64 reference; the scan beside
a scan of sequences on gathered copies; the network beside YOLOX-s. What fails
is told, and the rest goes on. Page and record are written again after every
step, so that a process that is stopped loses little.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn as nn
import triton
from mmengine.config import Config
from torch import Tensor

from ..compat.environment import Environment
from ..engine.checkpoints import fuse_for_inference
from ..files import write_atomically, write_json
from ..ops import OMNI_ORDERS, TRUE_OMNI_ORDERS, gathered
from ..reports.page import markdown_table
from .benchmark import timing
from .benchmark.measures import MeasuredPair, Series, Unit, pairs_of
from .benchmark.networks import build_network
from .benchmark.report import Report
from .benchmark.scans import (
    MAMBA,
    NECK_SIZES,
    PASSES,
    ScanSize,
    make_leaves,
    our_scan,
)
from .parity import DTYPES, TOLERANCES, Case, errors_of, triton_scan
from .sequence_kernel import parallel_scan

Runs = Mapping[str, timing.Call]


@dataclass(frozen=True)
class Plan:
    """What is checked and measured, and for how long.

    Attributes:
        cases: Of the parity.
        scans: Maps, each with the dtype of its values.
        side: Height and width of the network's pictures.
        inference: Batches.
        training: Batches.
        dtypes: What the networks are run in; the 16-bit ones by autocast.
        rounds: Turns of each rival.
        turn_seconds: How long a turn takes at least.
    """

    cases: tuple[Case, ...]
    scans: tuple[tuple[ScanSize, torch.dtype], ...]
    side: int
    inference: tuple[int, ...]
    training: tuple[int, ...]
    dtypes: tuple[torch.dtype, ...]
    rounds: int
    turn_seconds: float


_NECK = [replace(size, batch=16) for size in NECK_SIZES]
_FLOAT32 = (torch.float32,)
FULL = Plan(
    cases=(
        *(Case(x, 16, math.ceil(x.channels / 32)) for x in _NECK),
        Case(ScanSize(7, 13, 40), 16, 3, dtypes=_FLOAT32),
        Case(ScanSize(5, 1, 34, 3), 5, 1, TRUE_OMNI_ORDERS, DTYPES[::2]),
        Case(ScanSize(33, 2, 96, 2), 64, 6, OMNI_ORDERS[:4], _FLOAT32),
        Case(ScanSize(1, 1, 2), 1, 1, OMNI_ORDERS[:1], _FLOAT32),
    ),
    scans=(
        *((size, torch.float32) for size in _NECK),
        *((size, torch.bfloat16) for size in _NECK[:2]),
    ),
    side=320,
    inference=(1, 16, 64),
    training=(64, 128),
    dtypes=DTYPES,
    rounds=7,
    turn_seconds=0.06,
)

_TINY = ScanSize(1, 2, 2)
DRY = Plan(
    cases=(
        Case(_TINY, 2, 1),
        Case(_TINY, 3, 2, TRUE_OMNI_ORDERS[-1:], _FLOAT32),
    ),
    scans=((_TINY, torch.float32),),
    side=32,
    inference=(1,),
    training=(2,),
    dtypes=DTYPES[::2],
    rounds=1,
    turn_seconds=0,
)
"""Every kind of step on tiny inputs, for a machine without a GPU."""


class GPUCheck:
    """The check and its report.

    Args:
        plan: What is done.
        device: Where; the CPU for a dry run.
        budget: Seconds after which no other step is begun.
        out: Folder of ``gpu_check.md`` and ``gpu_check.json``, or None.

    Attributes:
        parity: Rows: the case, its verdict, and the error of each tensor.
        pairs: Times and peaks of memory, ours and a rival's.
        notes: What a reader has to know, a sentence each.
        failures: How many steps failed.
    """

    def __init__(
        self,
        plan: Plan,
        device: torch.device,
        budget: float,
        out: Path | None = None,
    ) -> None:
        self.plan, self.device, self.out = plan, device, out
        self.start, self.budget = time.monotonic(), budget
        self.parity: list[dict] = []
        self.pairs: list[MeasuredPair] = []
        self.notes: list[str] = []
        self.failures = 0
        self._compilations: list[float] = []
        if hasattr(triton, 'knobs'):  # since 3.4
            triton.knobs.compilation.listener = self._compiled

    def check_parity(self) -> None:
        """The kernels' outputs and gradients against those in float64."""

        def check(row: dict, case: Case, dtype: torch.dtype) -> None:
            errors = errors_of(case, dtype, self.device)
            # So that NaN is no pass.
            is_right = all(x <= TOLERANCES[dtype] for x in errors.values())
            row |= dict(verdict='pass' if is_right else 'FAIL', **errors)
            self.failures += not is_right

        for case in self.plan.cases:
            for dtype in case.dtypes:
                row = dict(case=f'{case}, {_name(dtype)}')
                self.parity.append(row)
                self._try(
                    partial(check, row, case, dtype),
                    partial(row.__setitem__, 'verdict'),
                )

    def time_scans(self) -> None:
        """Ours against a kernel for sequences on gathered copies."""
        rival = MAMBA, partial(our_scan, backend='mamba_ssm')
        if gathered.missing():
            rival = f"{MAMBA}'s algorithm", parallel_scan
            self.notes.append(
                f'{MAMBA} is not installed: a Triton kernel that works as '
                'its kernel does, on the same gathered copies, stands for it.'
            )
        scans = dict([('ours', triton_scan), rival])
        for size, dtype in self.plan.scans:
            leaves = make_leaves(size, self.device)
            for name in ('u', 'projected'):
                leaves[name] = leaves[name].detach().to(dtype).requires_grad_()
            for title, run in PASSES.items():
                runs = {
                    name: partial(run, scan, leaves)
                    for name, scan in scans.items()
                }
                setting = f'{size}, {_name(dtype)}'
                self._compare(f'scan, {title}', setting, runs)

    def time_networks(self, ours: Config, rival: Config) -> None:
        """Inference, fused, then forward and backward, of two networks."""
        plan = self.plan
        for measure, run, treat, batches in (
            ('inference', _infer, _fused, plan.inference),
            ('forward + backward', _forward_backward, _trained, plan.training),
        ):
            networks = {
                Path(config.filename).stem: treat(
                    build_network(config, self.device)
                )
                for config in (ours, rival)
            }
            for batch in batches:
                x = torch.rand(
                    batch, 3, plan.side, plan.side, device=self.device
                ).contiguous(memory_format=torch.channels_last)
                for dtype in plan.dtypes:
                    runs = {
                        name: partial(run, network, x, dtype)
                        for name, network in networks.items()
                    }
                    setting = f'batch {batch}, {_name(dtype)}'
                    self._compare(measure, setting, runs)
                    if batch == 1 and self.device.type == 'cuda':
                        setting += ', CUDA graph'
                        self._compare(measure, setting, runs, as_graphs=True)

    def to_markdown(self) -> str:
        """The report as a page."""
        seconds = time.monotonic() - self.start
        parts = [
            '# GPU check',
            f'Triton {triton.__version__}; {seconds:.0f} s, '
            f'{sum(self._compilations):.0f} of them for '
            f'{len(self._compilations)} compilations of kernels.',
        ]
        if self.parity:
            columns = list(dict.fromkeys(x for row in self.parity for x in row))
            rows = [
                [_cell(row.get(x, '')) for x in columns] for row in self.parity
            ]
            parts += [
                '## Parity',
                'Errors are relative to the largest value of a tensor.',
                markdown_table(columns, rows),
            ]
        return '\n\n'.join([*parts, f'#{self._report().to_markdown()}'])

    def _compare(
        self, measure: str, setting: str, runs: Runs, as_graphs: bool = False
    ) -> None:
        """Adds the pairs of ours and the rival: times and, on GPUs, memory."""

        def compare() -> None:
            calls = runs
            if as_graphs:
                calls = {name: _graph(run) for name, run in runs.items()}
            times = self._take_turns(calls)
            self.pairs += pairs_of(measure, setting, Unit.SECOND, times)
            # A graph holds its memory from the beginning.
            if self.device.type == 'cuda' and not as_graphs:
                peaks = {
                    name: Series((timing.peak_extra_bytes(run, self.device),))
                    for name, run in runs.items()
                }
                memory = f'peak extra memory, {measure}'
                self.pairs += pairs_of(memory, setting, Unit.BYTE, peaks)

        self._try(
            compare,
            lambda fault: self.notes.append(f'{measure}, {setting}: {fault}.'),
        )

    def _take_turns(self, runs: Runs) -> dict[str, Series]:
        """Seconds a call, of as many back to back as a turn has time for."""

        def turns(calls: Mapping[str, int], rounds: int) -> dict[str, Series]:
            repeated = {
                name: timing.synchronized(
                    partial(_repeat, run, calls[name]), self.device
                )
                for name, run in runs.items()
            }
            return timing.take_turns(repeated, rounds, turn_seconds=0)

        calls = dict.fromkeys(runs, 1)
        if self.plan.turn_seconds:
            for name, once in turns(calls, 1).items():
                calls[name] = math.ceil(self.plan.turn_seconds / once.median)
        return {
            name: Series(tuple(x / calls[name] for x in series.values))
            for name, series in turns(calls, self.plan.rounds).items()
        }

    def _try(
        self, step: Callable[[], None], tell: Callable[[str], None]
    ) -> None:
        """Takes a step if there is time, or tells why not; then writes."""
        if time.monotonic() - self.start > self.budget:
            tell('skipped, as no time was left')
        else:
            try:
                step()
            except Exception as error:
                self.failures += 1
                lines = [type(error).__name__, *str(error).splitlines()[-2:]]
                tell(' '.join(lines)[:300])
        if self.out:
            self._write(self.out)

    def _write(self, out: Path) -> None:
        record = dict(
            triton=triton.__version__,
            seconds=time.monotonic() - self.start,
            compilations=self._compilations,
            failures=self.failures,
            parity=self.parity,
            **self._report().to_dict(),
        )
        write_json(out / 'gpu_check.json', record)
        write_atomically(out / 'gpu_check.md', self.to_markdown())

    def _report(self) -> Report:
        return Report(
            Environment.of(self.device),
            tuple(self.pairs),
            notes=tuple(self.notes),
        )

    def _compiled(self, *, times, cache_hit: bool, **_) -> None:
        if not cache_hit:
            self._compilations.append(times.total / 1e6)


def _fused(network: nn.Module) -> nn.Module:
    return fuse_for_inference(network.eval())


def _trained(network: nn.Module) -> nn.Module:
    return network.train().to(memory_format=torch.channels_last)


@torch.no_grad()
def _infer(network: nn.Module, x: Tensor, dtype: torch.dtype) -> tuple:
    """A call of a network, without decoding."""
    with _autocast(x, dtype):
        return network(x)


def _forward_backward(
    network: nn.Module, x: Tensor, dtype: torch.dtype
) -> None:
    """Forward, the sum of all outputs as the loss, and backward."""
    network.zero_grad()
    with _autocast(x, dtype):
        outputs = network(x)
    maps = [x for levels in outputs for x in levels]
    sum(x.float().sum() for x in maps).backward()


def _repeat(run: timing.Call, calls: int) -> None:
    for _ in range(calls):
        run()


def _graph(run: timing.Call) -> timing.Call:
    """The launches of a call, recorded, to be replayed without Python."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def _autocast(x: Tensor, dtype: torch.dtype) -> torch.autocast:
    is_half = dtype != torch.float32
    return torch.autocast(x.device.type, dtype, enabled=is_half)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix('torch.')


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f'{value:.1e}'
