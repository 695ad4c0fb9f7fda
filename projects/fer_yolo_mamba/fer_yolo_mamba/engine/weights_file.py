"""Weights files that describe themselves: safetensors with JSON beside them.

The tensors are in half precision. The file's metadata hold one JSON object
under `METADATA_KEY`: all that is needed to build the network and to feed it.
Nothing of it is a program, and nothing of it is believed before it is checked
(:mod:`.description`), for such files come from anywhere.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn as nn
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from ..errors import InputError
from ..files import write_atomically
from .description import METADATA_KEY, Description

_LONGEST_HEADER = 10_000_000  # bytes
_LARGEST = 2 * 2**30  # bytes
_FILE_TYPES = (torch.float16, torch.bfloat16, torch.float32)
# How many batches a batch normalisation saw: only a training without momentum
# would ask for it, so files leave it out, and the networks begin at zero.
_NOT_KEPT = '.num_batches_tracked'


def write_weights(
    path: str | Path,
    weights: Mapping[str, torch.Tensor],
    description: Description,
) -> None:
    """Writes a weights file, whole or not at all.

    Args:
        path: Ends in ``.safetensors``.
        weights: State dict of the detector; written in half precision.
        description: What the file says of itself.

    Raises:
        InputError: A weight is not finite, or too large for half precision;
            the weights are not those of the described model.
    """
    _require_suffix(path)
    # Also builds it: a file that cannot be used is not written.
    build_as_described(description.model, description.classes, weights)
    half = {
        name: value.detach().cpu().to(torch.float16).contiguous()
        for name, value in weights.items()
        if not name.endswith(_NOT_KEPT)
    }
    _require_finite(half, path)
    metadata = {'format': 'pt', METADATA_KEY: description.to_json()}
    write_atomically(path, save(half, metadata))


def read_weights(
    path: str | Path,
) -> tuple[Description, dict[str, torch.Tensor]]:
    """Reads a weights file to the CPU; runs nothing that is in it.

    Returns:
        What the file says of itself, and its tensors in float32.

    Raises:
        InputError: The file is missing, damaged, or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f'weights {path} do not exist: name a .safetensors file, or write '
            'one with tools/convert_checkpoint.py.'
        )
    _require_suffix(path)
    try:
        _require_size(path)
        with safe_open(path, framework='pt') as file:
            text = (file.metadata() or {}).get(METADATA_KEY)
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f'{path} is damaged, cut short or no safetensors file: copy or '
            'download it again.'
        ) from error
    if text is None:
        raise InputError(
            f'{path} does not say what network it is for: write it from its '
            'checkpoint and config with tools/convert_checkpoint.py.'
        )
    try:
        description = Description.from_json(text)
    except InputError as error:
        raise InputError(
            f'{path} cannot be used ({error}): take the published file again, '
            'or write it with tools/convert_checkpoint.py.'
        ) from error
    if any(value.dtype not in _FILE_TYPES for value in tensors.values()):
        raise InputError(
            f'{path} holds tensors that are no floating-point numbers: write '
            'it with tools/convert_checkpoint.py.'
        )
    _require_finite(tensors, path)
    return description, {
        name: value.to(torch.float32) for name, value in tensors.items()
    }


def load_described(path: str | Path) -> tuple[Description, nn.Module]:
    """Builds the detector that a weights file describes, for evaluation.

    Raises:
        InputError: See :func:`read_weights`; or the tensors are not those of
            the described model.
    """
    description, weights = read_weights(path)
    try:
        return description, build_as_described(
            description.model, description.classes, weights
        )
    except InputError as error:
        raise InputError(
            f'{path} cannot be used ({error}): take the published file again, '
            'or write it with tools/convert_checkpoint.py.'
        ) from error


def build_as_described(
    model: Mapping,
    classes: tuple[str, ...],
    weights: Mapping[str, torch.Tensor],
) -> nn.Module:
    """Builds a detector of checked data and gives it its weights.

    Args:
        model: As :func:`model_data` returns it.
        classes: Names of the head's classes.
        weights: Its state dict; the counts of batches may be missing.

    Returns:
        The detector, for evaluation, in float32 on the CPU.

    Raises:
        InputError: There is no such model, or the weights are of another.
    """
    # First without memory: what a file describes may be larger than its
    # tensors, and only what fits them is built.
    with torch.device('meta'):
        outline = _build(model)
    wanted = {
        name: tuple(value.shape) for name, value in outline.state_dict().items()
    }
    given = {name: tuple(value.shape) for name, value in weights.items()}
    counts = {name for name in wanted if name.endswith('.num_batches_tracked')}
    wrong = sorted(
        name
        for name in wanted.keys() | given.keys()
        if wanted.get(name) != given.get(name)
        and not (name in counts and name not in given)
    )
    if wrong:
        name = wrong[0]
        raise InputError(
            f'{len(wrong)} of its tensors are not those of its model, of '
            f'{name} it has {given.get(name, "none")} and the model '
            f'{wanted.get(name, "none")}'
        )
    if getattr(outline.bbox_head, 'num_classes', None) != len(classes):
        raise InputError('its model has another number of classes')
    detector = _build(model)
    detector.load_state_dict(weights, strict=False)
    return detector.eval()


def _build(model: Mapping) -> nn.Module:
    # Imported here: weights can be read without these.
    from mmengine.config import ConfigDict
    from mmengine.registry import DefaultScope
    from mmyolo.registry import MODELS

    try:
        with DefaultScope.overwrite_default_scope('mmyolo'):
            return MODELS.build(ConfigDict(model))
    except Exception as error:
        # A constructor says in any way that it does not like its arguments.
        reason = (str(error).splitlines() or [''])[0][:200]
        raise InputError(f'its model cannot be built, {reason}') from error


def _require_size(path: Path) -> None:
    """The library itself refuses tensors beyond the file, or that overlap."""
    with open(path, 'rb') as file:
        header = int.from_bytes(file.read(8), 'little')
    if header > _LONGEST_HEADER or path.stat().st_size > _LARGEST:
        raise ValueError('larger than any of this project')


def _require_suffix(path: str | Path) -> None:
    if Path(path).suffix != '.safetensors':
        raise InputError(f'{path}: a weights file ends in .safetensors.')


def _require_finite(
    tensors: Mapping[str, torch.Tensor], path: str | Path
) -> None:
    # First all at once: hundreds of small tensors take much longer.
    values = [value.flatten() for value in tensors.values()]
    if not values or torch.cat(values).isfinite().all():
        return
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            raise InputError(
                f'{name} in {path} is not finite in its precision: the '
                'training went wrong, or the file is damaged; take another '
                'checkpoint.'
            )
