"""YOLOX-s on the real_fer photographs: the same run with YOLOX's own neck."""

_base_ = './config.py'

model = dict(neck=dict(type='YOLOXPAFPN'))
