"""Checkpoints: read safely, refused where they do not fit, in parts, fused."""

import pickle
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import torch
import torch.nn as nn
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner.checkpoint import CheckpointLoader

from ..errors import InputError
from ..files import write_atomically

#: Most bytes of a part of a checkpoint.
PART_BYTES = 15_000_000
# What a tensor's name, shape and place take in a file, generously.
_TENSOR_OVERHEAD = 1024


def read_checkpoint(path: str | Path) -> dict:
    """Reads a checkpoint of mmengine, weights only, to the CPU.

    Returns:
        It, with its ``state_dict``; a file of nothing but tensors by name
        counts as one.

    Raises:
        InputError: The file is missing, cut short or something else.
    """
    if '://' not in str(path) and not Path(path).is_file():
        raise InputError(
            f'checkpoint {path} does not exist: train first (tools/train.py), '
            'or name a file epoch_*.pth of a run in work_dirs/.'
        )
    try:
        checkpoint = CheckpointLoader.load_checkpoint(
            str(path), 'cpu', logger='silent'
        )
    except (
        pickle.UnpicklingError,
        BadZipFile,
        EOFError,
        KeyError,
        RuntimeError,
    ) as error:
        raise InputError(
            f'{path} is no checkpoint that can be read safely (it is cut '
            'short, or another kind of file): name a file epoch_*.pth that '
            'tools/train.py wrote.'
        ) from error
    if (
        isinstance(checkpoint, dict)
        and checkpoint
        and all(isinstance(x, torch.Tensor) for x in checkpoint.values())
    ):
        checkpoint = dict(state_dict=checkpoint)
    if not isinstance(checkpoint, dict) or 'state_dict' not in checkpoint:
        raise InputError(
            f'{path} holds no "state_dict": name a file epoch_*.pth that '
            'tools/train.py wrote.'
        )
    return checkpoint


def require_fit(model: nn.Module, checkpoint: dict, path: str | Path) -> None:
    """Refuses a checkpoint that another model wrote.

    mmengine loads what fits and logs the rest, so a test of the wrong
    checkpoint would end in figures that look like a bad model's.

    Args:
        model: The model of the config.
        checkpoint: As :func:`read_checkpoint` returns it.
        path: Its file, for the message.

    Raises:
        InputError: A parameter is missing, unknown, or of another shape.
    """
    # Of several processes, of several views.
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    wanted = _shapes(model.state_dict())
    given = _shapes(_weights(checkpoint))
    wrong = sorted(
        name
        for name in wanted.keys() | given.keys()
        if wanted.get(name) != given.get(name)
    )
    if wrong:
        name = wrong[0]
        raise InputError(
            f'checkpoint {path} does not fit the config: {len(wrong)} of '
            f'{len(wanted)} parameters differ (of {name} it has '
            f'{given.get(name, "none")}, the model {wanted.get(name, "none")}, '
            '...): use it with the config that it was trained with.'
        )


def load_weights(model: nn.Module, *paths: str | Path) -> dict:
    """Loads a checkpoint into the model it was made from.

    Args:
        model: The model of the config.
        *paths: The checkpoint's file, or all of its parts.

    Returns:
        The checkpoint's ``meta``: the data set's classes among other things.

    Raises:
        InputError: Two parts hold the same; or see :func:`read_checkpoint` and
            :func:`require_fit`.
    """
    parts = [read_checkpoint(path) for path in paths]
    weights = {}
    for part, path in zip(parts, paths, strict=True):
        if weights.keys() & _weights(part).keys():
            raise InputError(
                f'{path} holds weights that the files before it hold, too: '
                'name the parts of one checkpoint alone.'
            )
        weights.update(_weights(part))
    require_fit(model, dict(state_dict=weights), ' '.join(map(str, paths)))
    model.load_state_dict(weights)
    return parts[0].get('meta', {})


def write_parts(stem: Path, checkpoint: dict) -> list[Path]:
    """Writes a checkpoint in half precision, in files that are not large.

    Args:
        stem: Path to which ``_<i>of<n>.pth`` is added.
        checkpoint: With a ``state_dict``, which is divided, and ``meta``,
            which each file has.

    Returns:
        The files, each whole from the moment it has its name, and of at most
        :data:`PART_BYTES` unless a single tensor is larger.
    """
    parts, size = [{}], 0
    for name, value in checkpoint['state_dict'].items():
        value = (value.half() if value.is_floating_point() else value).cpu()
        size += value.nbytes + _TENSOR_OVERHEAD
        if size > PART_BYTES and parts[-1]:
            parts.append({})
            size = value.nbytes + _TENSOR_OVERHEAD
        # Of its own memory: a view would take that of what it looks at along.
        parts[-1][name] = value.clone()
    paths = []
    for number, part in enumerate(parts, 1):
        content = BytesIO()
        torch.save(dict(checkpoint, state_dict=part), content)
        path = stem.with_name(f'{stem.name}_{number}of{len(parts)}.pth')
        write_atomically(path, content.getvalue())
        paths.append(path)
    return paths


def fuse_for_inference(model: nn.Module) -> nn.Module:
    """Does ahead what inference would do again for every picture.

    The statistics and weights of each batch normalisation go into the
    convolution before it, and weights are laid out with the channels last, in
    which the state-space layers work: maps then pass from convolutions to
    scans and back as they are. Results change by no more than rounding.

    >>> detector = fuse_for_inference(MODELS.build(config.model).eval())

    Args:
        model: A detector that will not be trained any more; it is changed.

    Returns:
        The same detector.
    """
    return fuse_conv_bn(model).to(memory_format=torch.channels_last)


def _weights(checkpoint: dict) -> dict[str, torch.Tensor]:
    """Of one process's model, also where several processes wrote them."""
    return {
        name.removeprefix('module.'): value
        for name, value in checkpoint['state_dict'].items()
    }


def _shapes(state: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}
