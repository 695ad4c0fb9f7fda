"""Which network a name means: a file, a run, a model on Hugging Face."""

import os
import re
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files import write_atomically
from .network import Network

if TYPE_CHECKING:
    import torch
    from mmengine.config import Config

#: Names in a folder that `save_weights` wrote, or a repository of such files;
#: the first that is there is found.
PRETRAINED = ('model.safetensors', 'model.onnx')

# The more accurate one first.
_READY = ('fer_yolo_mamba_s.safetensors', 'fer_yolo_mamba_n.safetensors')
_READY_FOLDER = Path(__file__).parents[1] / 'weights'
_SUFFIXES = ('.safetensors', '.onnx', '.pth')
_HUB_ID = re.compile(r'[\w.-]+/[\w.-]+')
_CARD = """\
---
library_name: fer-yolo-mamba
pipeline_tag: object-detection
tags:
- facial-expression-recognition
---

"""


def ready_weights() -> Path:
    """The weights file that comes with the package.

    Raises:
        InputError: There is none.
    """
    for name in _READY:
        if (_READY_FOLDER / name).is_file():
            return _READY_FOLDER / name
    raise InputError(
        f'there are no ready weights in {_READY_FOLDER}: put {_READY[0]} '
        'there, name a weights file, or train (tools/train.py) and write one '
        'with tools/convert_checkpoint.py.'
    )


def find_weights(weights: str | PathLike | None) -> Path:
    """The file, or the folder of a run, that a name means.

    Args:
        weights: A file; a folder of a run, or one that `save_weights` wrote;
            ``owner/name`` of a model on Hugging Face, which is downloaded
            once, unless there is a folder ``owner`` here; the file name of
            ready weights, the first of which are the default.

    Raises:
        InputError: There are none, or huggingface_hub is not installed or
            does not get them.
    """
    if weights is None:
        return ready_weights()
    if not isinstance(weights, (str, PathLike)):
        raise InputError(
            f'weights are of type {type(weights).__name__}: name a file or a '
            'folder.'
        )
    path = Path(os.path.expanduser(weights))
    if fspath(weights) in _READY and not path.exists():
        return _READY_FOLDER / path
    if path.is_dir():
        for name in PRETRAINED:
            if (path / name).is_file():
                return path / name
        return path
    if (
        not path.exists()
        and path.suffix.lower() not in _SUFFIXES
        # As in work_dirs/mistyped, which no network need be asked for.
        and not path.parent.is_dir()
        and _HUB_ID.fullmatch(fspath(weights))
    ):
        return _downloaded(fspath(weights))
    return path


def open_network(
    weights: Path,
    config: 'str | PathLike | Config | None',
    device: 'str | torch.device | None',
    **options: bool,
) -> Network:
    """Loads the network of a weights file, a run or a checkpoint.

    What is imported is what that kind of file needs: an ONNX file neither
    torch nor an OpenMMLab library.

    Args:
        weights: As :func:`find_weights` returns it.
        config: Of a checkpoint; a run's own by default.
        device: See :class:`~.detector.FERDetector`.
        **options: ``half`` and ``compile``.

    Raises:
        InputError: It is a file of another kind, damaged or does not fit.
    """
    kind = weights.suffix.lower()
    if config is not None and kind in ('.safetensors', '.onnx'):
        raise InputError(
            f'weights {weights} with a config: name its checkpoint (.pth); a '
            f'{kind} file needs no config.'
        )
    if kind == '.onnx':
        from ..deploy.onnx_network import OnnxNetwork

        is_cpu = str(device or 'cpu') in ('cpu', 'cpu:0')
        if not is_cpu or any(options.values()):
            raise InputError(
                f'{weights} runs on the CPU in its own precision: leave '
                'device, half and compile out, or take a .safetensors file.'
            )
        return OnnxNetwork(weights)

    from .pytorch import checkpoint_network, described_network

    if kind == '.safetensors':
        return described_network(weights, device, **options)
    if not weights.is_dir() and not (kind == '.pth' and weights.exists()):
        fault = 'is no weights file' if weights.exists() else 'does not exist'
        raise InputError(
            f'{weights} {fault}: name one that ends in .safetensors, .onnx or '
            '.pth, or the folder of a run.'
        )
    return checkpoint_network(config, weights, device, **options)


def save_weights(weights: Path, folder: str | PathLike) -> Path:
    """Writes a weights file with its card, as Hugging Face keeps models.

    Args:
        weights: A file that describes itself.
        folder: Made where needed; whoever uploads it has a repository whose
            name :func:`find_weights` takes.

    Returns:
        The file.

    Raises:
        InputError: It is a checkpoint, which does not describe itself, or the
            folder has weights that would be found in its place, or a page
            that is not its card.
    """
    if weights.suffix.lower() not in ('.safetensors', '.onnx'):
        raise InputError(
            f'{weights} does not say what network it is for: write a '
            '.safetensors file of it with tools/convert_checkpoint.py first.'
        )
    copy = Path(os.path.expanduser(folder)) / f'model{weights.suffix.lower()}'
    for name in PRETRAINED[: PRETRAINED.index(copy.name)]:
        earlier = copy.with_name(name)
        if earlier.is_file():
            raise InputError(
                f'{earlier} would be found in place of {copy.name}: remove it, '
                'or name another folder.'
            )
    page, card = copy.with_name('README.md'), _card_of(weights)
    if page.is_file() and page.read_bytes() != card.encode():
        raise InputError(
            f'{page} is another page than the card of these weights: remove '
            'it, or name another folder.'
        )
    write_atomically(copy, weights.read_bytes())
    write_atomically(page, card)
    return copy


def _card_of(weights: Path) -> str:
    card = weights.with_name('README.md')
    # Beside others may lie the page of anything.
    has_card = weights.name in PRETRAINED or weights.parent == _READY_FOLDER
    text = (
        card.read_text(encoding='utf-8')
        if has_card and card.is_file()
        else f'# {weights.stem}\n\nWeights of FER-YOLO-Mamba.\n'
    )
    return text if text.startswith('---') else _CARD + text


def _downloaded(repository: str) -> Path:
    try:
        import huggingface_hub
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise InputError(
            f'{repository} is neither a file nor a folder; to get a model of '
            'this name from Hugging Face: pip install '
            '"fer-yolo-mamba[huggingface]".'
        ) from error
    reason = ''
    for name in PRETRAINED:
        try:
            return Path(huggingface_hub.hf_hub_download(repository, name))
        except (HfHubHTTPError, OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
    raise InputError(
        f'{repository} is neither a file nor a folder, and Hugging Face gives '
        f'no {" or ".join(PRETRAINED)} of it ({reason}): check the name, or '
        'connect to the network.'
    )
