"""FER-YOLO-Mamba on drawn faces: the demo's YOLOX with another neck."""

_base_ = './_base_/yolox_demo.py'

model = dict(neck=dict(type='FERYOLOMambaPAFPN'))
