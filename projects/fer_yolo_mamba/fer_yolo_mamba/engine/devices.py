"""The device that a network runs on."""

import torch

from ..errors import InputError


def usable_device(name: str | torch.device | None = None) -> torch.device:
    """The device of a name, once it has been seen to work.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1`` …; a GPU if there is one by
            default.

    Raises:
        InputError: There is no such device, or nothing is computed on it.
    """
    has_gpu = torch.cuda.is_available()
    try:
        device = torch.device(name or ('cuda' if has_gpu else 'cpu'))
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError, TypeError) as error:
        count = torch.cuda.device_count() if has_gpu else 0
        gpus = ', '.join(f'cuda:{number}' for number in range(count))
        raise InputError(
            f'--device {name} cannot be used, as torch finds '
            f'{gpus or "no CUDA GPU"}: name cpu or such a GPU, or leave it out.'
        ) from error
    return device
