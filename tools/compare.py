"""Compares configs: trains and tests each of them with several seeds.

python tools/compare.py run --seeds 0 1 2 --configs \\
    configs/fer_yolo_mamba_demo.py configs/baselines/yolox_s_demo.py
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from fer_yolo_mamba.cli import do_verb, run_cli
from fer_yolo_mamba.cli.arguments import (
    MOST_SEED,
    add_resources_arguments,
    whole,
)
from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.studies.execution import Tools
from fer_yolo_mamba.studies.local_scheduler import (
    LocalScheduler,
    choose_devices,
)
from fer_yolo_mamba.studies.runner import Scheduler, compare_runs
from fer_yolo_mamba.studies.runs import list_runs
from fer_yolo_mamba.studies.summary import State

_LOCAL = 'local'  # Ray's word for one of its own

_FOLDER = Path(__file__).parent
_TOOLS = Tools(
    train=(sys.executable, str(_FOLDER / 'train.py')),
    test=(sys.executable, str(_FOLDER / 'test.py')),
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments: a verb, and what it takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(metavar='VERB', required=True)
    run = verbs.add_parser(
        'run',
        help='train and test; the same command again goes on after a kill',
    )
    run.set_defaults(verb=run_configs)
    run.add_argument(
        '--configs', nargs='+', required=True, metavar='FILE', help='configs'
    )
    run.add_argument(
        '--seeds',
        nargs='+',
        type=whole(0, MOST_SEED),
        default=[0, 1, 2],
        metavar='N',
        help='seeds of each config (0 1 2)',
    )
    run.add_argument(
        '--work-dir',
        type=OutputPath,
        default='work_dirs/comparison',
        metavar='DIR',
        help='folder of all runs (%(default)s)',
    )
    places = run.add_mutually_exclusive_group()
    places.add_argument(
        '--devices',
        nargs='+',
        metavar='GPU',
        help='GPUs as CUDA_VISIBLE_DEVICES names them, or cpu; each carries '
        'out one run at a time (all GPUs, else cpu)',
    )
    places.add_argument(
        '--ray',
        nargs='?',
        const=_LOCAL,
        metavar='ADDRESS',
        help='send the runs to the Ray cluster at this address, host:port or '
        'auto (a Ray of its own on this machine)',
    )
    add_resources_arguments(run, 'each run on Ray')
    run.add_argument(
        '--cfg-options',
        nargs='+',
        type=_option,
        default=[],
        metavar='KEY=VALUE',
        help='values to change in every config, by dotted key',
    )
    return parser


def run_configs(args: argparse.Namespace) -> None:
    """Carries out all runs; status 1 if one has failed."""
    runs = list_runs(args.configs, args.seeds, args.work_dir, args.cfg_options)
    schedule = _choose_scheduler(args)
    try:
        statuses = compare_runs(runs, args.work_dir, schedule, Console())
    except KeyboardInterrupt:
        print(
            'stopped: the same command goes on from the last checkpoints.',
            file=sys.stderr,
        )
        sys.exit(130)
    print(args.work_dir / 'summary.md')
    if any(status.state is State.FAILED for status in statuses.values()):
        sys.exit(1)


def _choose_scheduler(args: argparse.Namespace) -> Scheduler:
    if args.ray is None:
        devices = choose_devices(
            args.devices, lambda device: Environment.of(device).device
        )
        return LocalScheduler(devices, _TOOLS)
    try:
        import ray  # noqa: F401

        from fer_yolo_mamba.apis.many.cluster import Workers
        from fer_yolo_mamba.studies.ray_scheduler import RayScheduler
    except ModuleNotFoundError as error:
        raise InputError(
            '--ray needs Ray and Arrow: pip install "fer-yolo-mamba[ray]".'
        ) from error
    address = None if args.ray == _LOCAL else args.ray
    workers = Workers(address, cpus=args.cpus, gpus=args.gpus)
    return RayScheduler(_TOOLS, workers)


def _option(text: str) -> str:
    if '=' not in text:
        raise argparse.ArgumentTypeError(f'{text} is not of the form KEY=VALUE')
    return text


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
