"""FRM alone (Table III, row 1): the OSS branch is off."""

_base_ = '../fer_yolo_mamba_rafdb.py'

model = dict(neck=dict(vss_cfg=dict(oss=False)))
