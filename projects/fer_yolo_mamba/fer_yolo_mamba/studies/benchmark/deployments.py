"""Networks with random weights as people deploy them: files and runtimes."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config

from ...deploy.export_options import ExportOptions, ScanForm
from ...deploy.onnx_export import export_onnx
from ...engine.description import Description
from ...engine.weights_file import load_described, write_weights
from ...expressions import EXPRESSIONS
from ...files import write_atomically
from .measures import MeasuredPair, Series, Unit
from .networks import build_network, normalise
from .runtimes import RUNTIMES, start
from .timing import take_turns

# Of the noise that batch normalisations and scales of 8 bits are made for.
_CALIBRATION_SIDE = 160


@dataclass(frozen=True)
class Deployment:
    """A network's file and the runtime for it.

    Attributes:
        network: Name of the network.
        way: Name of runtime and kind of file.
        runtime: One of `RUNTIMES`.
        path: The file.
    """

    network: str
    way: str
    runtime: str
    path: Path

    @property
    def name(self) -> str:
        """Network and way."""
        return f'{self.network}, {self.way}'


@dataclass(frozen=True)
class Latency:
    """Times of deployments that took turns.

    Attributes:
        side: Of the square pictures, in pixels.
        batch: Pictures a call.
        times: Seconds a call, by the deployment's name.
        references: Names of those that all others are compared with.
    """

    side: int
    batch: int
    times: dict[str, Series]
    references: tuple[str, ...]

    @property
    def setting(self) -> str:
        """Size and number of the pictures."""
        return f'{self.side}×{self.side}, batch {self.batch}'

    def __str__(self) -> str:
        return f'{self.setting}: ' + ', '.join(
            f'{name} {Unit.SECOND.text(series.median)}'
            for name, series in self.times.items()
        )

    def against(self, name: str, reference: str) -> MeasuredPair:
        """One deployment's times beside a reference's."""
        return MeasuredPair(
            'latency',
            self.setting,
            Unit.SECOND,
            name,
            self.times[name],
            reference,
            self.times[reference],
            is_speedup=False,
        )


@dataclass(frozen=True)
class Footprint:
    """What a deployment takes before it works.

    Attributes:
        name: Of the deployment.
        file: Bytes of its file.
        starts: Seconds from the start of Python to the first answer.
        peak: Bytes of resident memory by then, the most of all starts.
    """

    name: str
    file: int
    starts: Series
    peak: int

    def __str__(self) -> str:
        return f'{self.name}: starts in {Unit.SECOND.text(self.starts.median)}'


def write_deployments(
    ours: Config, rival: Config, folder: Path, compiled: bool
) -> list[Deployment]:
    """Writes the files of both networks and says what runs them.

    Args:
        ours: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        rival: The other one, whose layers onnxruntime and OpenVINO know.
        folder: For the files.
        compiled: Whether PyTorch is to compile them, too.

    Returns:
        Ours first; the first of each network is PyTorch's.
    """
    found = []
    for config, is_ours in ((ours, True), (rival, False)):
        network = Path(config.filename).stem
        weights = folder / f'{network}.safetensors'
        detector = build_network(config, torch.device('cpu'))
        noise = torch.from_numpy(_pictures(1, _CALIBRATION_SIDE))
        normalise(detector, noise)
        description = Description.of(config, classes=EXPRESSIONS)
        write_weights(weights, detector.state_dict(), description)
        found.append(Deployment(network, 'PyTorch', 'PyTorch', weights))
        if compiled:
            way = 'PyTorch compiled'
            found.append(Deployment(network, way, way, weights))
        # Without a scan both forms are the same.
        for form in ScanForm if is_ours else [ScanForm.PORTABLE]:
            for bits in ('', ' int8'):
                kind = f' {form.value}{bits}' if is_ours else bits
                path = folder / f'{network}{kind.replace(" ", "_")}.onnx'
                _export(weights, form, bool(bits), path)
                way = f'onnxruntime{kind}'
                found.append(Deployment(network, way, 'onnxruntime', path))
        if not is_ours and find_spec('openvino'):
            path = folder / f'{network}.onnx'
            found.append(Deployment(network, 'OpenVINO', 'OpenVINO', path))
    return found


def _export(weights: Path, form: ScanForm, int8: bool, path: Path) -> None:
    description, detector = load_described(weights)
    options = ExportOptions(form, dynamic_batch=True, dynamic_size=True)
    noise = [_pictures(1, _CALIBRATION_SIDE)] if int8 else None
    model = export_onnx(detector, description, options, noise)
    write_atomically(path, model.SerializeToString())


def compare_deployments(
    deployments: Sequence[Deployment],
    sides: Sequence[int],
    batches: Sequence[int],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Latency]:
    """Times all deployments in turns.

    Args:
        deployments: As :func:`write_deployments` returns them.
        sides: Of the pictures in pixels, multiples of 32.
        batches: Pictures a call.
        rounds: Turns of each; see :func:`~.timing.take_turns`.
        clock: Seconds since any moment.
    """
    runs = {x.name: RUNTIMES[x.runtime](x.path) for x in deployments}
    references = {x.network: x.name for x in reversed(deployments)}
    for batch in batches:
        for side in sides:
            pictures = _pictures(batch, side)
            calls = {name: partial(run, pictures) for name, run in runs.items()}
            times = take_turns(calls, rounds, clock=clock)
            yield Latency(side, batch, times, tuple(references.values()))


def measure_footprint(
    deployment: Deployment, side: int, starts: int
) -> Footprint:
    """Starts a deployment several times and looks at a picture of noise."""
    seconds, peaks = zip(
        *(
            start(deployment.runtime, deployment.path, side)
            for _ in range(starts)
        ),
        strict=True,
    )
    return Footprint(
        deployment.name,
        deployment.path.stat().st_size,
        Series(seconds),
        max(peaks),
    )


def _pictures(batch: int, side: int) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((batch, 3, side, side))
    return noise.astype(np.float32)
