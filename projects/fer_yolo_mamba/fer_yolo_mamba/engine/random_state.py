"""The random numbers of a process, as a checkpoint keeps them."""

import random

import numpy as np
import torch

from ..errors import InputError


def random_state() -> dict:
    """State of Python's, NumPy's and torch's generators, as plain data."""
    version, words, gauss = random.getstate()
    kind, keys, *rest = np.random.get_state()
    state = dict(
        python=(version, list(words), gauss),
        numpy=(kind, keys.tolist(), *rest),
        torch=torch.get_rng_state(),
    )
    if torch.cuda.is_available():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict) -> None:
    """Sets the generators to what :func:`random_state` returned.

    Raises:
        InputError: It did not return that.
    """
    try:
        version, words, gauss = state['python']
        random.setstate((version, tuple(words), gauss))
        np.random.set_state(tuple(state['numpy']))
        torch.set_rng_state(state['torch'].cpu())
        if torch.cuda.is_available() and 'cuda' in state:
            torch.cuda.set_rng_state(state['cuda'].cpu())
    except (
        AttributeError,
        LookupError,
        OverflowError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise InputError(
            'the checkpoint holds no random numbers that tools/train.py wrote: '
            'go on from another one, with --resume PATH.'
        ) from error
