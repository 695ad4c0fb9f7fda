"""Checkpoints of mmengine: loaded weights-only, and written whole or not.

torch >= 2.6 unpickles tensors and plain containers only. mmengine 0.10.7 also
stores its log history, which is made of one class of its own, references to
that class's four statistics, and NumPy arrays and scalars. Exactly these are
allowed here, under the names of NumPy 2 and of the older NumPy that published
checkpoints were saved with.
"""

from pathlib import Path
from pickle import UnpicklingError
from urllib.error import URLError

import numpy as np
import torch
from mmengine.fileio import LocalBackend, register_backend
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader

from ..errors import InputError
from ..files import write_atomically

_STATISTICS = ('min', 'max', 'current', 'mean')
_SCALAR_TYPES = ('float16', 'float32', 'float64', 'int32', 'int64', 'bool')


def install() -> None:
    """Allows the checkpoints' globals, and writes atomically; idempotent."""
    torch.serialization.add_safe_globals(_allowed_globals())
    CheckpointLoader.register_scheme(
        prefixes=('http://', 'https://'), loader=load_from_http, force=True
    )
    register_backend('local', AtomicLocalBackend, force=True, prefixes='')


def _allowed_globals() -> list:
    core = np._core.multiarray if hasattr(np, '_core') else np.core.multiarray
    allowed = [HistoryBuffer, np.ndarray, np.dtype]
    for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
        allowed.append((core._reconstruct, f'{module}._reconstruct'))
        allowed.append((core.scalar, f'{module}.scalar'))
    allowed += [type(np.dtype(scalar)) for scalar in _SCALAR_TYPES]
    # torch stores pickles under Python 2's names and reads them under 3's.
    for module in ('builtins', '__builtin__'):
        allowed.append((_statistic, f'{module}.getattr'))
    return allowed


def _statistic(owner: type, name: str):
    """Stands for ``getattr``: HistoryBuffer pickles its statistics with it.

    The real ``getattr`` would hand a hostile file every attribute of
    everything.
    """
    if owner is HistoryBuffer and name in _STATISTICS:
        return getattr(owner, name)
    raise UnpicklingError(
        f'the checkpoint asks for {owner}.{name}, which no '
        'checkpoint of mmengine contains'
    )


def load_from_http(filename: str, map_location=None, **kwargs) -> dict:
    """Downloads a checkpoint into torch's cache and loads its weights.

    Takes the place of mmengine's loader, which leaves weights-only loading
    off and ends in a traceback where there is no network.

    Raises:
        InputError: The address cannot be reached.
    """
    try:
        return torch.hub.load_state_dict_from_url(
            filename, map_location=map_location, weights_only=True, **kwargs
        )
    except (URLError, OSError) as error:
        raise InputError(
            f'cannot download {filename} ({error}): connect to the network, '
            'or train from random weights with --cfg-options '
            'model.backbone.init_cfg=None.'
        ) from error


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
