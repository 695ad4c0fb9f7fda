"""Reading a config file as the tools do."""

import argparse
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.utils import import_modules_from_strings

from ..errors import InputError


def load_config(
    path: str | Path,
    options: dict | None = None,
    work_dir: str | Path | None = None,
) -> Config:
    """Reads a config, applies options and settles its run folder.

    What configs name `fer_…` are parts that they share (configs/README.md):
    all that a run needs is bound to other names, so these are left out, and
    what is written of the config stays short.

    Args:
        path: A Python config file.
        options: Values by dotted key, as ``--cfg-options`` gives them.
        work_dir: Folder of the run; ``work_dirs/<name of the config>`` unless
            given here or in the config.

    Raises:
        InputError: The file is missing or is no valid config.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f'config {path} does not exist: name a file of configs/, such as '
            'configs/fer_yolo_mamba_demo.py.'
        )
    try:
        config = Config.fromfile(path, import_custom_modules=False)
        config.merge_from_dict(options or {})
    except Exception as error:
        # A config is a program: anything can go wrong in it.
        raise InputError(
            f'config {path} cannot be read: {type(error).__name__}: '
            f'{str(error).splitlines()[0] if str(error) else ""} '
            '(--debug shows where).'
        ) from error
    for name in [name for name in config if name.startswith('fer_')]:
        config.pop(name)
    if 'custom_imports' in config:
        import_modules_from_strings(**config.custom_imports)
    config.work_dir = str(
        work_dir or config.get('work_dir') or Path('work_dirs') / path.stem
    )
    return config


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what every tool takes that runs a config in mmengine's runner."""
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--work-dir', help='folder of the run (work_dirs/<config>)'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='values of the config to change, by dotted key',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch'],
        default='none',
        help='pytorch where torchrun starts the processes',
    )
