"""YOLOX on drawn faces: the demo's run with YOLOX's own neck."""

_base_ = '../fer_yolo_mamba_demo.py'

model = dict(neck=dict(type='YOLOXPAFPN'))
