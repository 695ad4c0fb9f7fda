"""YOLOv8-s on RAF-DB (paper, Table I): mmyolo's."""

_base_ = [
    'mmyolo::yolov8/yolov8_s_syncbn_fast_8xb16-500e_coco.py',
    '../_base_/recipe.py',
]

model = dict(
    backbone=dict(init_cfg=_base_.fer_coco.yolov8_s),
    bbox_head=dict(head_module=dict(num_classes=7)),
    train_cfg=dict(assigner=dict(num_classes=7)),
)

train_dataloader = _base_.fer_320_fast.train_dataloader
val_dataloader = test_dataloader = _base_.fer_320_fast.test_dataloader
val_evaluator = test_evaluator = _base_.fer_evaluator
optim_wrapper = _base_.fer_optim_wrapper
param_scheduler = _base_.fer_param_scheduler
train_cfg = _base_.fer_train_cfg
default_hooks = _base_.fer_default_hooks
custom_hooks = _base_.fer_320_fast.custom_hooks
