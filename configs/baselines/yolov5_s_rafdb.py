"""YOLOv5-s on RAF-DB (paper, Table I): mmyolo's."""

_base_ = [
    'mmyolo::yolov5/yolov5_s-v61_syncbn_fast_8xb16-300e_coco.py',
    '../_base_/recipe.py',
]

model = dict(
    backbone=dict(init_cfg=_base_.fer_coco.yolov5_s),
    bbox_head=dict(
        head_module=dict(num_classes=7),
        # As mmyolo scales them, by the classes and by the input.
        loss_cls=dict(loss_weight=0.5 * 7 / 80),
        loss_obj=dict(loss_weight=1.0 * (320 / 640) ** 2),
    ),
)

train_dataloader = dict(_base_.fer_train_320, **_base_.fer_fast)
val_dataloader = test_dataloader = _base_.fer_test_320
val_evaluator = test_evaluator = _base_.fer_evaluator
optim_wrapper = _base_.fer_optim_wrapper
param_scheduler = _base_.fer_param_scheduler
train_cfg = _base_.fer_train_cfg
default_hooks = _base_.fer_default_hooks
custom_hooks = [_base_.fer_mode_switch_320, *_base_.fer_steady_hooks]
