"""A GPU in one command: are the kernels right, and how fast is it all?

Three sections: the Triton kernels against a float64 reference; the scan beside
a scan of sequences on gathered copies; the network beside YOLOX-s. Whatever
fails is a row that says so, and the others go on. Page and record are written
again after every row, so that a process that is stopped loses little.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn as nn
import triton
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import MODELS
from torch import Tensor

from ..apis import fuse_for_inference, markdown_table
from ..atomic_write import write_atomically
from ..benchmark import NECK_SIZES, Environment, ScanSize, Series
from ..benchmark.memory import peak_extra_bytes
from ..benchmark.scan_passes import PASSES, make_leaves
from ..benchmark.unit import three_digits
from ..ops import OMNI_ORDERS, TRUE_OMNI_ORDERS, omni_selective_scan
from ..ops.backends import mamba_ssm
from .parity import DTYPES, TOLERANCES, Case, errors_of, triton_scan
from .sequence_kernel import parallel_scan

Run = Callable[[], object]


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
"""Every kind of row on tiny inputs, for a machine without a GPU."""


class GPUCheck:
    """The check and its report.

    Args:
        plan: What is done.
        device: Where; the CPU for a dry run.
        budget: Seconds after which no other row is begun.
        out: Folder of ``gpu_check.md`` and ``gpu_check.json``, or None.

    Attributes:
        rows: Of each section, what is in its columns.
        notes: What a reader has to know, a sentence each.
        failures: How many rows failed.
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
        self.rows: dict[str, list[dict]] = {}
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
            row['verdict'] = 'pass' if is_right else 'FAIL'
            row |= {name: f'{error:.1e}' for name, error in errors.items()}
            self.failures += not is_right

        for case in self.plan.cases:
            for dtype in case.dtypes:
                title = f'{case}, {_name(dtype)}'
                self._row('parity', title, check, case, dtype)

    def time_scans(self) -> None:
        """Ours against a kernel for sequences on gathered copies."""
        rival = 'mamba-ssm', partial(omni_selective_scan, backend='mamba_ssm')
        if mamba_ssm.missing():
            rival = "mamba-ssm's algorithm", parallel_scan
            self.notes.append(
                'mamba-ssm is not installed: a Triton kernel that works as '
                'its kernel does, on the same gathered copies, stands for it.'
            )
        scans = dict([('ours', triton_scan(self.device)), rival])
        for size, dtype in self.plan.scans:
            leaves = make_leaves(size, self.device)
            for name in ('u', 'projected'):
                leaves[name] = leaves[name].detach().to(dtype).requires_grad_()
            for title, run in PASSES.items():
                runs = {
                    name: partial(run, scan, leaves)
                    for name, scan in scans.items()
                }
                title = f'{size}, {_name(dtype)}, {title}'
                self._row('scan', title, self._compare, runs)

    def time_networks(self, ours: Config, rival: Config) -> None:
        """Inference, fused, then forward and backward, of two networks."""
        self._time_network('inference', _Inference, ours, rival)
        self._time_network('forward + backward', _Training, ours, rival)

    def to_markdown(self) -> str:
        """The report as a page."""
        seconds = time.monotonic() - self.start
        parts = [
            '# GPU check',
            f'{Environment.of(self.device)}, Triton {triton.__version__}; '
            f'{seconds:.0f} s, {sum(self._compilations):.0f} of them for '
            f'{len(self._compilations)} compilations of kernels. Errors are '
            'relative to the largest value of a tensor. Times are medians of '
            'turns; a ratio is that of the medians, its brackets hold the 10th '
            "and 90th percentile of the rounds' ratios. Memory is the peak "
            'above what was there before.',
        ]
        for section, rows in self.rows.items():
            columns = list(dict.fromkeys(name for row in rows for name in row))
            cells = [[str(row.get(x, '')) for x in columns] for row in rows]
            parts += [f'## {section}', markdown_table(columns, cells)]
        return '\n\n'.join([*parts, *self.notes]) + '\n'

    def _time_network(self, section, kind, ours, rival):
        plan = self.plan
        batches = plan.inference if kind is _Inference else plan.training
        networks = {
            Path(config.filename).stem: kind(_build(config, self.device))
            for config in (ours, rival)
        }
        for batch in batches:
            x = torch.rand(batch, 3, plan.side, plan.side, device=self.device)
            x = x.contiguous(memory_format=torch.channels_last)
            for dtype in plan.dtypes:
                runs = {
                    name: partial(network, x, dtype)
                    for name, network in networks.items()
                }
                title = f'batch {batch}, {_name(dtype)}'
                self._row(section, title, self._compare, runs, batch)
                if batch == 1 and self.device.type == 'cuda':
                    title += ', CUDA graph'
                    self._row(section, title, self._compare_graphs, runs)

    def _compare_graphs(self, row: dict, runs: Mapping[str, Run]) -> None:
        graphs = {name: _graph(run) for name, run in runs.items()}
        self._compare(row, graphs, 1)

    def _compare(
        self, row: dict, runs: Mapping[str, Run], images: int = 0
    ) -> None:
        """Fills a row with times and memory of ours and of the rival."""
        firsts = [_seconds(run, 1, self.device) for run in runs.values()]
        row['first calls s'] = three_digits(sum(firsts))
        times = _take_turns(
            runs, self.device, self.plan.rounds, self.plan.turn_seconds
        )
        ours, rival = times.values()
        each = zip(ours.values, rival.values, strict=True)
        spread = Series(tuple(b / a for a, b in each)).spread
        for name, series in times.items():
            row[f'{name} ms'] = three_digits(series.median * 1e3)
            if images:
                row[f'{name} images/s'] = f'{images / series.median:.0f}'
        row['times faster'] = '{} ({} to {})'.format(
            *map(three_digits, (rival.median / ours.median, *spread))
        )
        if self.device.type == 'cuda':
            peaks = {x: peak_extra_bytes(runs[x], self.device) for x in runs}
            for name, peak in peaks.items():
                row[f'{name} GB'] = three_digits(peak / 1e9)
            mine, theirs = peaks.values()
            row['memory ratio'] = three_digits(mine / max(theirs, 1))

    def _row(self, section: str, title: str, fill, *arguments) -> None:
        """Adds a row, which ``fill(row, *arguments)`` fills."""
        row = {section: title, 'verdict': ''}
        self.rows.setdefault(section, []).append(row)
        if time.monotonic() - self.start > self.budget:
            row['verdict'] = 'skipped: no time left'
            return
        try:
            fill(row, *arguments)
        except Exception as error:
            self.failures += 1
            lines = [type(error).__name__, *str(error).splitlines()[-2:]]
            row['verdict'] = ' '.join(lines).replace('|', '/')[:300]
        self._write()

    def _write(self) -> None:
        if not self.out:
            return
        record = dict(
            environment=asdict(Environment.of(self.device)),
            triton=triton.__version__,
            seconds=time.monotonic() - self.start,
            compilations=self._compilations,
            failures=self.failures,
            sections=self.rows,
            notes=self.notes,
        )
        record = json.dumps(record, indent=2, ensure_ascii=False)
        write_atomically(self.out / 'gpu_check.json', record + '\n')
        write_atomically(self.out / 'gpu_check.md', self.to_markdown())

    def _compiled(self, *, times, cache_hit: bool, **_) -> None:
        if not cache_hit:
            self._compilations.append(times.total / 1e6)


class _Inference:
    """A call of a network, without decoding."""

    def __init__(self, network: nn.Module) -> None:
        self.network = fuse_for_inference(network.eval())

    @torch.no_grad()
    def __call__(self, x: Tensor, dtype: torch.dtype) -> tuple:
        with _autocast(x, dtype):
            return self.network(x)


class _Training:
    """Forward, the sum of all outputs as the loss, and backward."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network.train().to(memory_format=torch.channels_last)

    def __call__(self, x: Tensor, dtype: torch.dtype) -> None:
        self.network.zero_grad()
        with _autocast(x, dtype):
            outputs = self.network(x)
        maps = [x for levels in outputs for x in levels]
        sum(x.float().sum() for x in maps).backward()


def _take_turns(
    runs: Mapping[str, Run],
    device: torch.device,
    rounds: int,
    turn_seconds: float,
) -> dict[str, Series]:
    """Seconds a call, timed on the device, in turns after a warm-up."""
    calls = dict.fromkeys(runs, 1)
    if turn_seconds:
        for name, run in runs.items():
            once = _seconds(run, 2, device)
            calls[name] = math.ceil(turn_seconds / once)
    turns = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            turns[name].append(_seconds(run, calls[name], device))
    return {name: Series(tuple(values)) for name, values in turns.items()}


def _seconds(run: Run, calls: int, device: torch.device) -> float:
    """Mean seconds of a call: between events on a GPU, of the clock else."""
    if device.type != 'cuda':
        start = time.perf_counter()
        for _ in range(calls):
            run()
        return (time.perf_counter() - start) / calls
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(calls):
        run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1e3 / calls


def _graph(run: Run) -> Run:
    """The launches of a call, recorded, to be replayed without Python."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def _build(config: Config, device: torch.device) -> nn.Module:
    """The detector with random weights; nothing is downloaded."""
    init_default_scope(config.get('default_scope', 'mmyolo'))
    return MODELS.build(config.model).to(device)


def _autocast(x: Tensor, dtype: torch.dtype) -> torch.autocast:
    is_half = dtype != torch.float32
    return torch.autocast(x.device.type, dtype, enabled=is_half)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix('torch.')
