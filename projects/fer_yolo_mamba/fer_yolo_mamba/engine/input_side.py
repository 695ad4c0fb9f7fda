"""The size of the pictures: one number in the config that all parts follow."""

from mmengine.config import Config

from ..errors import InputError
from .classes import dicts_in

_LEAST, _MOST, _STRIDE = 160, 1280, 32


def hand_down_input_side(config: Config) -> None:
    """Gives a config's `input_side` to all that depends on it.

    >>> config = load_config('configs/fer_yolo_mamba_rafdb.py')
    >>> config.input_side = 416
    >>> hand_down_input_side(config)
    >>> config.test_dataloader.dataset.pipeline[1].scale
    (416, 416)

    Args:
        config: Is changed, where it has such a number, the side of squares in
            pixels: the transforms of training (those of the last epochs, too),
            validation and test, and the pictures of a `FaceMixture` with the
            photographs that it is made of. Files of weights take theirs from
            the test.

    Raises:
        InputError: It is no multiple of 32 from 160 to 1280, or the network
            is made for one size.
    """
    side = config.get('input_side')
    if side is None:
        return
    if (
        not isinstance(side, int)
        or isinstance(side, bool)
        or not _LEAST <= side <= _MOST
        or side % _STRIDE
    ):
        raise InputError(
            f'input_side is {side!r}: give the side of the pictures in pixels, '
            f'a multiple of {_STRIDE} from {_LEAST} to {_MOST}, such as '
            'input_side = 416.'
        )
    for part in dicts_in(config.get('model')):
        if 'input_size' in part:
            raise InputError(
                f'input_side is {side}, but this network ({part["type"]}) is '
                f'made for pictures of {part["input_size"]} pixels: leave out '
                'input_side, or train another one.'
            )
    loaders = [
        value for key, value in config.items() if key.endswith('_dataloader')
    ]
    for part in dicts_in([*loaders, config.get('custom_hooks')]):
        _resize(part, side)


def _resize(part: dict, side: int) -> None:
    """Changes a transform or a data set that has a size."""
    for name in ('img_scale', 'scale'):
        if name in part:
            part[name] = (side, side)
    if 'border' in part:  # of the picture that a mosaic is cut to
        part['border'] = (-side // 2, -side // 2)
    if part.get('type') == 'FaceMixture':
        for source in dicts_in(part.get('sources')):
            if 'max_side' in source:
                source['max_side'] = source['max_side'] * side // part['side']
        part['side'] = side
