"""How mmengine loads a checkpoint, and how it writes one.

Whatever names one (a test, a resumed run, `load_from`, the `Pretrained` of an
`init_cfg`) comes to one loader, for each kind of address; here all of them are
:func:`load_from_local`, once the file lies on this machine.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.fileio import LocalBackend, register_backend
from mmengine.runner import checkpoint as of_mmengine
from mmengine.runner.checkpoint import CheckpointLoader

from ..downloads import download
from ..errors import InputError
from ..files import write_atomically

# Not its function: whoever imports that module first is in the middle of it.
from . import checkpoint_files
from .checkpoint_pickle import torch_globals


def install() -> None:
    """Loads checkpoints as data and writes them whole or not. Idempotent."""
    for prefixes, loader in (
        ('', load_from_local),
        (('http://', 'https://'), load_from_http),
        (('open-mmlab://', 'openmmlab://'), load_from_openmmlab),
        ('mmcls://', load_from_mmcls),
        (('modelzoo://', 'torchvision://'), load_from_torchvision),
        (('pavi://', r'(\S+\:)?s3://', r'(\S+\:)?petrel://'), _load_from_none),
    ):
        CheckpointLoader.register_scheme(prefixes, loader, force=True)
    # For whoever calls torch.load himself; older versions know no such names.
    if torch.__version__ >= (2, 6):
        torch.serialization.add_safe_globals(torch_globals())
    register_backend('local', AtomicLocalBackend, force=True, prefixes='')


def load_from_local(filename: str, map_location: object = None) -> dict:
    """Reads a checkpoint's file.

    Args:
        filename: Its path.
        map_location: Not used: it is on the CPU, from where models and
            optimizers copy what is theirs.

    Returns:
        It, with its `state_dict` of tensors by name; a file of nothing but
        these counts as one. Its `meta` is a dictionary, without the text of
        a program (`config`) that mmengine would run as it resumes.

    Raises:
        InputError: See :func:`~.checkpoint_files.read_file`; or it is no
            checkpoint.
    """
    checkpoint = checkpoint_files.read_file(filename)
    if checkpoint and _is_state_dict(checkpoint):
        checkpoint = dict(state_dict=checkpoint)
    if not (
        isinstance(checkpoint, dict)
        and _is_state_dict(checkpoint.get('state_dict'))
        and isinstance(checkpoint.setdefault('meta', {}), dict)
    ):
        raise InputError(
            f'checkpoint {filename} holds no "state_dict" of weights: name a '
            'file epoch_*.pth that tools/train.py wrote.'
        )
    checkpoint['meta'].pop('config', None)
    return checkpoint


def load_from_http(address: str, map_location: object = None) -> dict:
    """Downloads a checkpoint into torch's cache, and reads it.

    Raises:
        InputError: The address cannot be reached; or see
            :func:`load_from_local`.
    """
    return load_from_local(download(address))


def load_from_openmmlab(name: str, map_location: object = None) -> dict:
    """Reads a checkpoint of OpenMMLab's list, or of one's own beside it."""
    model = name.partition('://')[2]
    model = of_mmengine.get_deprecated_model_names().get(model, model)
    address = _listed(name, model, of_mmengine.get_external_models)
    if '://' in address:
        return load_from_http(address)
    return load_from_local(Path(of_mmengine._get_mmengine_home(), address))


def load_from_mmcls(name: str, map_location: object = None) -> dict:
    """Reads the backbone of a classifier in OpenMMLab's list."""
    model = name.partition('://')[2]
    return of_mmengine._process_mmcls_checkpoint(
        load_from_http(_listed(name, model, of_mmengine.get_mmcls_models))
    )


def load_from_torchvision(name: str, map_location: object = None) -> dict:
    """Reads a checkpoint of torchvision's list."""
    model = name.partition('://')[2]
    return load_from_http(
        _listed(name, model, of_mmengine.get_torchvision_models)
    )


def _load_from_none(address: str, map_location: object = None) -> dict:
    raise InputError(
        f'checkpoint {address} lies where this project reads nothing: copy it '
        'to this machine and name the file.'
    )


def _listed(name: str, model: str, models: Callable[[], dict]) -> str:
    try:
        return models()[model]
    except (ImportError, KeyError) as error:
        raise InputError(
            f'checkpoint {name} is in no list here ({error}): name its file '
            'or its address.'
        ) from error


def _is_state_dict(value: object) -> bool:
    return isinstance(value, dict) and all(
        type(name) is str and isinstance(weights, torch.Tensor)
        for name, weights in value.items()
    )


class AtomicLocalBackend(LocalBackend):
    """mmengine's local file backend with writes that cannot be cut short.

    mmengine writes checkpoints and ``last_checkpoint`` in place: a run killed
    at that moment leaves a broken file that its resumption would read.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes bytes to a file, making its folder where needed."""
        write_atomically(filepath, obj, durable=True)

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Writes text to a file, making its folder where needed."""
        self.put(obj.encode(encoding), filepath)
