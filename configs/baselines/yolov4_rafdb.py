"""YOLOv4 on RAF-DB (paper, Table I): this project's."""

_base_ = ['../_base_/models/yolov4.py', '../_base_/recipe.py']

model = dict(
    backbone=dict(init_cfg=_base_.fer_coco.yolov4),
    bbox_head=dict(head_module=dict(num_classes=7)),
)

train_dataloader = dict(_base_.fer_train_320, **_base_.fer_fast)
val_dataloader = test_dataloader = _base_.fer_test_320
val_evaluator = test_evaluator = _base_.fer_evaluator
optim_wrapper = _base_.fer_optim_wrapper
param_scheduler = _base_.fer_param_scheduler
train_cfg = _base_.fer_train_cfg
default_hooks = _base_.fer_default_hooks
custom_hooks = [_base_.fer_mode_switch_320, *_base_.fer_steady_hooks]
