"""FER-YOLO-Mamba on RAF-DB (paper, Table I): YOLOX-s with another neck."""

_base_ = './_base_/yolox_s.py'

model = dict(neck=dict(type='FERYOLOMambaPAFPN'))
