"""One run: a config trained and tested with one seed in one folder."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ...engine.config import add_run_arguments, load_config
from ...errors import InputError


@dataclass(frozen=True)
class Run:
    """What is to be trained and tested, and where.

    >>> Run('configs/demo.py', 1, Path('work_dirs/comparison/demo/seed_1')).name
    'demo'

    Attributes:
        config: The config file, as it was given.
        seed: Value of ``randomness.seed``.
        folder: Folder of this run alone.
        options: ``KEY=VALUE`` as ``--cfg-options`` takes them.
    """

    config: str
    seed: int
    folder: Path
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The config's name."""
        return Path(self.config).stem

    def __str__(self) -> str:
        return f'{self.name} seed {self.seed}'

    def arguments(self, work_dir: Path) -> list[str]:
        """What train.py and test.py take alike, after the config."""
        return [
            *('--work-dir', str(work_dir)),
            *('--cfg-options', *self.options, f'randomness.seed={self.seed}'),
        ]

    def load(self) -> Config:
        """The resolved config, read as train.py reads it.

        Raises:
            InputError: See :func:`~fer_yolo_mamba.engine.config.load_config`.
        """
        parser = argparse.ArgumentParser()
        add_run_arguments(parser)
        args = parser.parse_args([self.config, *self.arguments(self.folder)])
        return load_config(args.config, args.cfg_options, args.work_dir)


def list_runs(
    configs: Sequence[str],
    seeds: Sequence[int],
    work_dir: Path,
    options: Sequence[str] = (),
) -> list[Run]:
    """Every config with every seed, in the order in which they are run.

    Args:
        configs: Config files.
        seeds: Seeds.
        work_dir: Folder of the comparison.
        options: ``KEY=VALUE`` for all runs.

    Raises:
        InputError: Two runs would share a folder.
    """
    runs = {}
    for config in configs:
        for seed in seeds:
            folder = work_dir / Path(config).stem / f'seed_{seed}'
            if folder in runs:
                raise InputError(
                    f'{config} with seed {seed} would be the second run in '
                    f'{folder}: name each config and seed once, and give the '
                    'config files different names.'
                )
            runs[folder] = Run(config, seed, folder, tuple(options))
    return list(runs.values())
