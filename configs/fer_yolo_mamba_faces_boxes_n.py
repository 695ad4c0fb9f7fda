"""The same, half the channels: for the weights of fer_yolo_mamba_faces_n.py."""

_base_ = './fer_yolo_mamba_faces_boxes.py'

fer_width = dict(widen_factor=0.25)
model = dict(
    backbone=fer_width, neck=fer_width, bbox_head=dict(head_module=fer_width)
)
