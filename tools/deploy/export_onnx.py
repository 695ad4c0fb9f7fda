"""Exports a detector as an ONNX model that describes itself.

python tools/deploy/export_onnx.py faces.safetensors --out faces.onnx
python tools/deploy/export_onnx.py configs/fer_yolo_mamba_rafdb.py \\
    work_dirs/fer_yolo_mamba_rafdb/epoch_300.pth --out faces.onnx

The same as ``fer-yolo-mamba export``, which pip installs.
"""

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.export import main, make_parser

if __name__ == '__main__':
    run_cli(make_parser(), main)
