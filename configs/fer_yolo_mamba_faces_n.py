"""FER-YOLO-Mamba on real faces, half the channels: for real time, browsers."""

_base_ = './fer_yolo_mamba_faces.py'

fer_width = dict(widen_factor=0.25)
model = dict(
    backbone=fer_width, neck=fer_width, bbox_head=dict(head_module=fer_width)
)
