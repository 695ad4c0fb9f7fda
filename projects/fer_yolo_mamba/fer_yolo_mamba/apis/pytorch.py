"""Networks in PyTorch: the plain one, or any detector of OpenMMLab's."""

import os
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn as nn

from ..engine.description import InputSide, Shift
from ..engine.devices import usable_device
from ..engine.weights_file import read_weights
from ..errors import InputError
from ..models.build_plain import build_plain

if TYPE_CHECKING:
    from mmengine.config import Config

    from .openmmlab import OpenMMLabDetector

_DEFAULT_SCORE_THR = 0.5

if hasattr(os, 'register_at_fork'):
    # A forked child has none of OpenMP's threads, and would wait for them
    # forever: already when it loads a network.
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


class PyTorchNetwork:
    """A :class:`~.network.Network` in PyTorch.

    Args:
        model: Maps a batch to boxes and scores, as the plain network does.
        classes: Names of the expressions.
        input: How a photograph becomes the network's input.
        device: Where it is computed.
        build: Makes the same detector as OpenMMLab's libraries have it.
        half: Whether in half precision, on a GPU.
        compile: Whether PyTorch compiles it, which takes a minute at the
            first picture of each size.
        sizes: See :class:`~.network.Network`, as the rest.
        score_thr: …
        temperature: …
        shift: …
    """

    def __init__(
        self,
        model: nn.Module,
        classes: tuple[str, ...],
        input: InputSide,
        device: torch.device,
        build: 'Callable[[], OpenMMLabDetector]',
        half: bool = False,
        compile: bool = False,
        sizes: tuple[float, ...] = (1.0,),
        score_thr: float = _DEFAULT_SCORE_THR,
        temperature: float = 1.0,
        shift: Shift = 0.0,
    ) -> None:
        if half and device.type == 'cpu':
            raise InputError(
                'half precision needs a GPU: leave it out on a CPU.'
            )
        self.model = model.to(device).eval()
        self.classes, self.input, self.sizes = classes, input, sizes
        self.score_thr, self.temperature = score_thr, temperature
        self.shift, self.device, self.half = shift, device, half
        self._build, self._run = build, self.model
        if compile:
            self._run = (
                model.compiled()
                if hasattr(model, 'compiled')
                else torch.compile(self.model)
            )

    def openmmlab_detector(self) -> nn.Module:
        """The same detector with backbone, neck and head of OpenMMLab's."""
        return self._build().detector.to(self.device)

    @torch.inference_mode()
    def __call__(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See :meth:`.network.Network.__call__`."""
        pixels = torch.from_numpy(batch).to(
            self.device, memory_format=torch.channels_last
        )
        with torch.autocast(self.device.type, torch.float16, enabled=self.half):
            boxes, scores = self._run(pixels)
        return boxes.float().cpu().numpy(), scores.float().cpu().numpy()


def described_network(
    path: str | PathLike, device: str | None, **options: bool
) -> PyTorchNetwork:
    """The network of a weights file ``.safetensors``.

    Args:
        path: The file.
        device: See :func:`~..engine.devices.usable_device`.
        **options: ``half`` and ``compile``.

    Raises:
        InputError: There is no such file or device, or it is damaged.
    """
    build = partial(_described_detector, path)
    description, weights = read_weights(path)
    return PyTorchNetwork(
        build_plain(description.model, weights) or build(),
        description.classes,
        description.input,
        usable_device(device),
        build,
        sizes=description.sizes,
        score_thr=description.score_thr,
        temperature=description.temperature,
        shift=description.shift,
        **options,
    )


def checkpoint_network(
    config: 'str | PathLike | Config | None',
    checkpoint: Path,
    device: str | None,
    **options: bool,
) -> PyTorchNetwork:
    """The network of a config with weights that a training wrote.

    Args:
        config: As :class:`.detector.FERDetector` takes it; by default that
            which the run left beside the checkpoint.
        checkpoint: A file, or the folder of a run, whose last one is taken.
        device: See :func:`~..engine.devices.usable_device`.
        **options: ``half`` and ``compile``.

    Raises:
        InputError: They do not fit each other, or there is no such file or
            device.
    """
    # Only here: they import mmdet and mmyolo.
    from ..engine.config import load_config
    from ..engine.run_config import read_run_config
    from ..engine.run_folder import latest_checkpoint
    from .openmmlab import checkpoint_detector

    folder = checkpoint.parent
    if checkpoint.is_dir():
        folder, checkpoint = checkpoint, latest_checkpoint(checkpoint)
        if checkpoint is None:
            raise InputError(
                f'{folder} holds no model.safetensors and no checkpoint of a '
                'run: name a weights file or the folder of a run.'
            )
    if config is None:
        config = read_run_config(folder)
    if isinstance(config, (str, PathLike)):
        config = load_config(config)
    detector, weights, classes = checkpoint_detector(config, checkpoint)
    return PyTorchNetwork(
        build_plain(config.model, weights) or detector,
        classes,
        InputSide.of(config),
        usable_device(device),
        partial(_as_it_is, detector),
        **options,
    )


# Functions of this module, so that a detector can be pickled for processes.
def _described_detector(path: str | PathLike) -> 'OpenMMLabDetector':
    # Only here: it imports mmdet and mmyolo.
    from .openmmlab import described_detector

    return described_detector(path)


def _as_it_is(detector: 'OpenMMLabDetector') -> 'OpenMMLabDetector':
    return detector
