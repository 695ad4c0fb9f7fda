"""Checkpoints: read safely, refused where they do not fit, in parts, fused."""

from io import BytesIO
from pathlib import Path

import torch
import torch.nn as nn
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner.checkpoint import CheckpointLoader

from ..errors import InputError
from ..files import write_atomically

#: A remedy for weights of another network.
BEGIN_WITH_WHAT_FITS = (
    "write model = dict(init_cfg=dict(_delete_=True, type='Pretrained', "
    "checkpoint='...')) into the config"
)

#: Most bytes of a part of a checkpoint.
PART_BYTES = 15_000_000
# What a tensor's name, shape and place take in a file, generously.
_TENSOR_OVERHEAD = 1024


def read_checkpoint(path: str | Path) -> dict:
    """Reads a checkpoint of mmengine to the CPU, as data alone.

    Returns:
        It, as mmengine's own loading gives it to a runner: with its
        ``state_dict`` and ``meta``; a file of nothing but tensors by name
        counts as one. All its numbers are finite.

    Raises:
        InputError: The file is missing, damaged, or something else; see
            :mod:`~fer_yolo_mamba.compat.checkpoint_files`.
    """
    return CheckpointLoader.load_checkpoint(str(path), logger='silent')


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
    wanted = forms_of(model.state_dict())
    given = forms_of(weights_of(checkpoint))
    wrong = sorted(
        name
        for name in wanted.keys() | given.keys()
        if wanted.get(name) != given.get(name)
    )
    if wrong:
        name = wrong[0]
        raise InputError(
            f'checkpoint {path} does not fit the config: {len(wrong)} of '
            f'{len(wanted)} parameters differ (of {name[:80]!a} it has '
            f'{given.get(name, "none")}, the model {wanted.get(name, "none")}, '
            '...): use it with the config that it was trained with; to begin '
            f'a training with what fits of it, {BEGIN_WITH_WHAT_FITS}.'
        )


def weights_of(checkpoint: dict) -> dict[str, torch.Tensor]:
    """A checkpoint's weights by the names that one process gives them."""
    return {
        name.removeprefix('module.'): value
        for name, value in checkpoint['state_dict'].items()
    }


def forms_of(state: dict[str, torch.Tensor]) -> dict[str, str]:
    """What each of some weights is, in words: ``floats (8, 3, 1, 1)``."""
    return {
        name: f'{"floats" if value.is_floating_point() else "integers"} '
        f'{tuple(value.shape)}'
        for name, value in state.items()
    }


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
        if weights.keys() & weights_of(part).keys():
            raise InputError(
                f'{path} holds weights that the files before it hold, too: '
                'name the parts of one checkpoint alone.'
            )
        weights.update(weights_of(part))
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
    convolution before it, layers fold what else they can (their
    ``fold_for_inference``), and weights are laid out with the channels last, in
    which the state-space layers work: maps then pass from convolutions to
    scans and back as they are. Results change by no more than rounding.

    >>> detector = fuse_for_inference(MODELS.build(config.model).eval())

    Args:
        model: A detector that will not be trained any more; it is changed.

    Returns:
        The same detector.
    """
    model = fuse_conv_bn(model)
    for module in list(model.modules()):
        if hasattr(module, 'fold_for_inference'):
            module.fold_for_inference()
    return model.to(memory_format=torch.channels_last)
