"""CenterNet on RAF-DB (paper, Table I): mmdet's with ResNet-18."""

_base_ = [
    'mmdet::centernet/centernet_r18_8xb16-crop512-140e_coco.py',
    '../_base_/recipe.py',
]

default_scope = 'mmyolo'  # knows mmdet's names and ours
model = dict(
    backbone=dict(init_cfg=_base_.fer_coco.centernet),
    bbox_head=dict(type='mmyolo.PaddedCenterNetHead', num_classes=7),
    test_cfg=dict(topk=300, max_per_img=300),
)

train_dataloader = _base_.fer_train_320
val_dataloader = test_dataloader = _base_.fer_test_320
val_evaluator = test_evaluator = _base_.fer_evaluator
optim_wrapper = _base_.fer_optim_wrapper
param_scheduler = _base_.fer_param_scheduler
train_cfg = _base_.fer_train_cfg
val_cfg = _base_.fer_val_cfg
test_cfg = _base_.fer_test_cfg
default_hooks = _base_.fer_default_hooks
custom_hooks = [_base_.fer_mode_switch_320, *_base_.fer_steady_hooks]
