"""Control: a convolution of as many parameters instead of the scan."""

_base_ = '../fer_yolo_mamba_rafdb.py'

model = dict(neck=dict(vss_cfg=dict(scan_cfg=dict(type='GatedConv'))))
