"""FER-YOLO-Mamba on RAF-DB (paper, Table I): YOLOX-s with another neck."""

_base_ = './baselines/yolox_s_rafdb.py'

model = dict(neck=dict(type='FERYOLOMambaPAFPN'))
