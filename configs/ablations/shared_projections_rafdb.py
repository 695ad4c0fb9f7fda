"""One set of projections, A and D for all eight directions."""

_base_ = '../fer_yolo_mamba_rafdb.py'

model = dict(neck=dict(vss_cfg=dict(scan_cfg=dict(shared_projections=True))))
