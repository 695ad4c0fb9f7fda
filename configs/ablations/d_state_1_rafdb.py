"""One state a channel instead of 16."""

_base_ = '../fer_yolo_mamba_rafdb.py'

model = dict(neck=dict(vss_cfg=dict(scan_cfg=dict(d_state=1))))
