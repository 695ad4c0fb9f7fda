"""Downloads of what a config names by its address, into torch's cache."""

import os
from pathlib import Path
from urllib.parse import urlparse

from .errors import InputError


def download(address: str) -> Path:
    """Takes a file into torch's cache, unless it is there.

    All processes of a run call it. The first of each machine downloads while
    the others wait.

    Args:
        address: Of the file; the last part of its path is the file's name.

    Returns:
        The file in the cache.

    Raises:
        InputError: The address cannot be reached.
    """
    # Here, as every room may import this module.
    import torch
    from mmengine.dist import barrier

    path = Path(torch.hub.get_dir(), 'checkpoints')
    path /= Path(urlparse(address).path).name
    if os.environ.get('LOCAL_RANK', '0') == '0':
        _fetch(address, path)
    barrier()
    # Once more where that process's cache is not this one's.
    _fetch(address, path)
    return path


def _fetch(address: str, path: Path) -> None:
    import torch

    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Under another name until it is whole.
        torch.hub.download_url_to_file(address, str(path))
    except OSError as error:
        raise InputError(
            f'cannot download {address} ({error}): connect to the network, '
            'or train from random weights with --cfg-options '
            'model.backbone.init_cfg=None.'
        ) from error
