"""Building mmengine's runner from a config, on one device or on several."""

import os
import subprocess
from pathlib import Path

from mmengine.config import Config
from mmengine.dist import init_dist, is_distributed, master_only
from mmengine.runner import BaseLoop, Runner

from ..compat.distributed import prepare_distributed, use_slurms_environment
from ..errors import InputError
from ..files import write_atomically
from .checkpoint_fit import CheckpointFitHook, misfits_refused
from .classes import SameClassesHook
from .config import config_json
from .plain_runner import PlainRunner, ShortMemoryHook
from .safeguards import BestCheckpointHook, FiniteHook, greater_is_better
from .settings import check_settings

# What a run writes of its config, beside which the user's own file may lie:
# a program to run again, and as .json its data.
RESOLVED_CONFIG = 'resolved_config.py'


def build_runner(
    config: Config, launcher: str = 'none', skip_nonfinite: int = 0
) -> Runner:
    """Builds mmengine's runner for one process or for one of several.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        launcher: 'none', or what started this process: 'pytorch' for torchrun,
            'slurm' for srun.
        skip_nonfinite: See :class:`~.safeguards.FiniteHook`.

    Raises:
        InputError: See :func:`join_processes`; or a setting is at fault.
    """
    join_processes(config, launcher)
    check_settings(config)
    _count_alike(config)
    greater_is_better(config)
    try:
        runner = _Runner.from_cfg(config)
    except (InputError, OSError):
        raise
    except Exception as error:
        # Each part says in a way of its own that it does not like a setting.
        raise InputError(
            f'config {config.filename} cannot be built: '
            f'{" ".join(str(error).split())[:400]} (--debug shows where).'
        ) from error
    runner.register_hook(CheckpointFitHook())
    runner.register_hook(SameClassesHook())
    runner.register_hook(FiniteHook(skip_nonfinite))
    runner.register_hook(BestCheckpointHook())
    runner.register_hook(ShortMemoryHook())
    return runner


def join_processes(config: Config, launcher: str) -> None:
    """Makes this process one of several, where a launcher started it.

    Args:
        config: Is changed.
        launcher: See :func:`build_runner`.

    Raises:
        InputError: The launcher did not start this process.
    """
    if launcher == 'slurm':
        try:
            use_slurms_environment()
        except (KeyError, OSError, subprocess.SubprocessError) as error:
            raise InputError(
                f'--launcher slurm needs the environment of srun ({error}): '
                'start the run with srun, as docs/scale.md shows.'
            ) from error
        launcher = 'pytorch'  # as whose process it goes on
    config.launcher = launcher
    if launcher == 'none':
        return
    if 'LOCAL_RANK' not in os.environ:
        raise InputError(
            f'--launcher {launcher} needs the environment of torchrun: start '
            'the run with tools/dist_train.sh or tools/launch.py.'
        )
    prepare_distributed(config)
    if not is_distributed():
        init_dist(launcher, **config.get('env_cfg', {}).get('dist_cfg', {}))


def log_to(config: Config, backend: str) -> None:
    """Sends what a run logs to another backend, too.

    Args:
        config: Is changed.
        backend: Of mmengine, such as 'TensorboardVisBackend'. One that is not
            installed is refused as the run is built.
    """
    config.visualizer = config.get('visualizer') or dict(type='Visualizer')
    backends = config.visualizer.setdefault('vis_backends', [])
    if all(each['type'] != backend for each in backends):
        backends.append(dict(type=backend))


def _count_alike(config: Config) -> None:
    """Lets logs count iterations where the training does."""
    loop = config.get('train_cfg') or {}
    by_iteration = loop.get('type') == 'IterBasedTrainLoop'
    if not (by_iteration or loop.get('by_epoch') is False):
        return
    # Over what the config says, which it may have inherited.
    config.log_processor = config.get('log_processor') or {}
    config.log_processor['by_epoch'] = False
    logger = (config.get('default_hooks') or {}).get('logger')
    if logger:
        logger['log_metric_by_epoch'] = False


class _Runner(PlainRunner):
    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Takes this project's loops also where a config names none."""
        if isinstance(loop, dict) and 'type' not in loop:
            loop = dict(loop)
            by_epoch = loop.pop('by_epoch', True)
            loop['type'] = (
                'EpochBasedTrainLoop' if by_epoch else 'IterBasedTrainLoop'
            )
        return super().build_train_loop(loop)

    def load_or_resume(self) -> None:
        """Loads the checkpoint, if there is one; refuses what does not fit."""
        with misfits_refused(self._load_from):
            super().load_or_resume()

    @master_only
    def dump_config(self) -> None:
        """Writes the resolved config, and never over the config it is of.

        mmengine would give it the name of that file, whose folder may well be
        the run's. Beside the program lies its data, which is all that is read
        of a finished run.
        """
        folder = Path(self.work_dir)
        path, number = folder / RESOLVED_CONFIG, 2
        while (
            self.cfg.filename
            and path.exists()
            and path.samefile(self.cfg.filename)
        ):
            name = Path(RESOLVED_CONFIG)
            path = folder / f'{name.stem}_{number}{name.suffix}'
            number += 1
        write_atomically(path, self.cfg.pretty_text)
        write_atomically(path.with_suffix('.json'), config_json(self.cfg))
