"""Finds faces in pictures and films, names their expressions, draws them.

python tools/demo/predict.py photo.jpg --out outputs --json

The same as ``fer-yolo-mamba predict``, which pip installs.
"""

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.predict import main, make_parser

if __name__ == '__main__':
    run_cli(make_parser(), main)
