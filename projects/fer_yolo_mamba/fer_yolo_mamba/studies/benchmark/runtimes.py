"""A network's file in the runtimes that people deploy, and what opening takes.

``python -m fer_yolo_mamba.studies.benchmark.runtimes WAY FILE SIDE`` opens a
file in a fresh process, looks at one picture and prints the process's peak of
memory. Each runtime is imported when it is asked for and no other beside it.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

#: A batch (B, 3, H, W), float32, to boxes and scores.
Run = Callable[[np.ndarray], object]


def open_pytorch(path: Path, compile: bool = False) -> Run:
    """A weights file in PyTorch, fused, with decoding and no suppression."""
    import torch

    from ...apis.pytorch import PyTorchNetwork
    from ...engine.weights_file import build_as_described, read_weights
    from ...models.build_plain import build_plain

    description, weights = read_weights(path)

    def openmmlab() -> torch.nn.Module:
        # Only here: it imports mmdet and mmyolo.
        from ...deploy.dense_detector import DenseDetector
        from ...engine.checkpoints import fuse_for_inference

        detector = build_as_described(
            description.model, description.classes, weights
        )
        return DenseDetector(fuse_for_inference(detector.eval()))

    return PyTorchNetwork(
        build_plain(description.model, weights) or openmmlab(),
        description.classes,
        description.input,
        torch.device('cpu'),
        openmmlab,
        compile=compile,
    )


def open_compiled(path: Path) -> Run:
    """The same, compiled by PyTorch at the first picture of each size."""
    return open_pytorch(path, compile=True)


def open_onnxruntime(path: Path) -> Run:
    """A model as this package runs it."""
    from ...deploy.onnx_network import OnnxNetwork

    return OnnxNetwork(path)


def open_openvino(path: Path) -> Run:
    """A model without scans: OpenVINO 2026.4.1 does not convert ONNX's."""
    import openvino

    model = openvino.Core().compile_model(
        path, 'CPU', {'PERFORMANCE_HINT': 'LATENCY'}
    )
    return lambda batch: tuple(model(batch).values())


#: Openers by the names that reports give them.
RUNTIMES: dict[str, Callable[[Path], Run]] = {
    'PyTorch': open_pytorch,
    'PyTorch compiled': open_compiled,
    'onnxruntime': open_onnxruntime,
    'OpenVINO': open_openvino,
}


def start(runtime: str, path: Path, side: int) -> tuple[float, int]:
    """Opens a file in a new process.

    Args:
        runtime: One of `RUNTIMES`.
        path: A file for it.
        side: Of the square picture that it looks at, in pixels.

    Returns:
        Seconds from the start of Python to the first answer, and the peak of
        resident memory by then in bytes.
    """
    before = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, '-m', __name__, runtime, path, str(side)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        answer = process.stdout.readline()
        seconds = time.perf_counter() - before
    return seconds, int(answer)


def _main(runtime: str, path: str, side: str) -> None:
    run = RUNTIMES[runtime](Path(path))
    run(np.zeros((1, 3, int(side), int(side)), np.float32))
    status = Path('/proc/self/status').read_text()
    print(int(re.search(r'VmHWM:\s+(\d+) kB', status)[1]) * 1024, flush=True)


if __name__ == '__main__':
    _main(*sys.argv[1:])
