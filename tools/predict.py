"""Finds faces in pictures and films, names their expressions, draws them.

python tools/predict.py photo.jpg --out outputs --json

Another name of tools/demo/predict.py and ``fer-yolo-mamba predict``.
"""

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.predict import main, make_parser

if __name__ == '__main__':
    run_cli(make_parser(), main)
