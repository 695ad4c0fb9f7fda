"""Prints the versions that were tested and found, and the scan backends.

python tools/collect_env.py
"""

import argparse
import platform

import torch
from rich.console import Console
from rich.table import Table

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.compat.environment import TESTED, found
from fer_yolo_mamba.ops import available_backends


def main(args: argparse.Namespace) -> None:
    """Prints two tables."""
    versions = Table('library', 'tested', 'found')
    versions.add_row('Python', '3.11', platform.python_version())
    for name, tested in TESTED.items():
        versions.add_row(name, tested, found(name) or 'missing')

    backends = Table('scan backend', 'here')
    for name, obstacle in available_backends().items():
        backends.add_row(name, obstacle or 'available')

    console = Console()
    console.print(versions)
    console.print(backends)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else 'none'
    console.print(
        f'{platform.platform()}, {torch.get_num_threads()} threads, GPU: {gpu}'
    )


if __name__ == '__main__':
    run_cli(argparse.ArgumentParser(description=__doc__.splitlines()[0]), main)
