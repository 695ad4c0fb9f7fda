"""Checks the kernels on a GPU and measures scan and network there.

python tools/analysis/gpu_check.py --out outputs/gpu_check
python tools/analysis/gpu_check.py --dry-run
"""

import argparse
import importlib.util
import os
import sys
from pathlib import Path

if '--dry-run' in sys.argv:
    # Triton looks for it once, when it is imported, as PyTorch may do.
    os.environ['TRITON_INTERPRET'] = '1'

import torch

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import real
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import OutputPath

_CONFIGS = Path(__file__).parents[2] / 'configs'
_SECTIONS = ('parity', 'scan', 'network')


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--sections',
        nargs='+',
        choices=_SECTIONS,
        default=_SECTIONS,
        help='what to do, in this order (all)',
    )
    parser.add_argument(
        '--budget',
        type=real(0),
        default=150,
        metavar='SECONDS',
        help='after this time nothing else is begun (%(default)g)',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        metavar='DIR',
        help='folder for gpu_check.md and gpu_check.json',
    )
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='every kind of step on tiny inputs, on the CPU',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Runs the sections and prints the page."""
    if not importlib.util.find_spec('triton'):
        raise InputError('needs Triton: run `pip install triton`, on Linux.')
    if not args.dry_run and not torch.cuda.is_available():
        raise InputError('torch finds no CUDA GPU: --dry-run does without one.')
    from fer_yolo_mamba.studies.gpu_check import DRY, FULL, GPUCheck

    plan = DRY if args.dry_run else FULL
    device = torch.device('cpu' if args.dry_run else 'cuda')
    check = GPUCheck(plan, device, args.budget, args.out)
    if 'parity' in args.sections:
        check.check_parity()
    if 'scan' in args.sections:
        check.time_scans()
    if 'network' in args.sections:
        check.time_networks(
            load_config(_CONFIGS / 'fer_yolo_mamba_rafdb.py'),
            load_config(_CONFIGS / 'baselines/yolox_s_rafdb.py'),
        )
    print(check.to_markdown(), end='')
    if check.failures:
        sys.exit(1)


if __name__ == '__main__':
    run_cli(make_parser(), main)
