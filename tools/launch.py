"""Starts a tool in several processes, on one machine or on many: torchrun.

    python tools/launch.py --nproc-per-node 4 --standalone \\
        tools/train.py configs/fer_yolo_mamba_rafdb.py --launcher pytorch

Where a process is lost, one sentence says which.
"""

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.compat.torchrun import make_torchrun_parser, run_processes

make_parser, main = make_torchrun_parser, run_processes

if __name__ == '__main__':
    run_cli(make_parser(), main)
