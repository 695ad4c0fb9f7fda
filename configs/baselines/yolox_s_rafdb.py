"""YOLOX-s on RAF-DB (paper, Table I): mmyolo's, with a faster assignment."""

_base_ = ['mmyolo::yolox/yolox_s_fast_8xb8-300e_coco.py', '../_base_/recipe.py']

model = dict(
    # Plain pixel values, as floats; no random resizing of batches.
    data_preprocessor=dict(batch_augments=None, mean=[0.0] * 3, std=[1.0] * 3),
    backbone=dict(init_cfg=_base_.fer_coco.yolox_s),
    # Learns what mmyolo's YOLOXHead does, of a batch at once.
    bbox_head=dict(type='FERYOLOXHead', head_module=dict(num_classes=7)),
)

train_dataloader = dict(_base_.fer_train_320, **_base_.fer_fast)
val_dataloader = test_dataloader = _base_.fer_test_320
val_evaluator = test_evaluator = _base_.fer_evaluator
optim_wrapper = _base_.fer_optim_wrapper
param_scheduler = _base_.fer_param_scheduler
train_cfg = _base_.fer_train_cfg
default_hooks = _base_.fer_default_hooks
custom_hooks = [_base_.fer_mode_switch_320, *_base_.fer_steady_hooks]
