"""Measures speed and memory beside those of other ways to do the same.

python tools/analysis/benchmark.py scan --out outputs/benchmark
python tools/analysis/benchmark.py scan --device cuda --batch 16 \\
    --maps 40x40x256 20x20x512 20x20x256 10x10x512
python tools/analysis/benchmark.py memory --calls 200 2000
python tools/analysis/benchmark.py deploy --sides 320 --batches 1
"""

import argparse

from fer_yolo_mamba.cli import do_verb, run_cli
from fer_yolo_mamba.cli.benchmark import add_parts


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments: those of every part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_parts(parser)
    return parser


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
