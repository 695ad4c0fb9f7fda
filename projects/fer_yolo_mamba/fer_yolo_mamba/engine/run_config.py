"""The config that a run left, as far as a detector needs it."""

from os import PathLike
from pathlib import Path

from mmengine.config import Config

from ..errors import InputError
from .config import read_config_json
from .description import InputSide, bare_model
from .model_data import model_data
from .runner import RESOLVED_CONFIG


def read_run_config(folder: str | PathLike) -> Config:
    """Reads a run's config and checks it.

    The folder may come from anywhere, and a program in it is not run.

    Args:
        folder: Of a run of ``tools/train.py``.

    Raises:
        InputError: There is no such file, or it names parts that are none of
            this project's detectors.
    """
    path = (Path(folder) / RESOLVED_CONFIG).with_suffix('.json')
    if not path.is_file():
        raise InputError(
            f'there is no resolved config {path}, which says what network a '
            'checkpoint is for: name its config, or the folder of its run.'
        )
    config = read_config_json(path)
    try:
        side = InputSide.of(config)
        model = model_data(bare_model(config))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f'{path} cannot be used ({error}): take a run of FER-YOLO-Mamba '
            'that tools/train.py wrote.'
        ) from error
    model['data_preprocessor'] = dict(
        type='mmdet.DetDataPreprocessor',
        mean=side.mean,
        std=side.std,
        bgr_to_rgb=side.channels == 'RGB',
    )
    config.model = model
    config.default_scope = 'mmyolo'
    return config
