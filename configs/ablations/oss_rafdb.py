"""OSS with OSSM (Table III, row 3): eight directions, the FRM branch is off."""

_base_ = '../fer_yolo_mamba_rafdb.py'

model = dict(neck=dict(vss_cfg=dict(frm=False)))
