"""YOLOv4 on RAF-DB (paper, Table I): this project's."""

_base_ = ['../_base_/models/yolov4.py', '../_base_/recipe.py']

model = dict(
    backbone=dict(init_cfg=_base_.fer_coco.yolov4),
    bbox_head=dict(head_module=dict(num_classes=7)),
)

train_dataloader = _base_.fer_320_fast.train_dataloader
val_dataloader = test_dataloader = _base_.fer_320_fast.test_dataloader
val_evaluator = test_evaluator = _base_.fer_evaluator
optim_wrapper = _base_.fer_optim_wrapper
param_scheduler = _base_.fer_param_scheduler
train_cfg = _base_.fer_train_cfg
default_hooks = _base_.fer_default_hooks
custom_hooks = _base_.fer_320_fast.custom_hooks
