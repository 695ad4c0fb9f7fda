"""RetinaNet on drawn faces, from random weights."""

_base_ = './retinanet_rafdb.py'

model = dict(backbone=dict(init_cfg=None))

train_dataloader = _base_.fer_demo_train_160
val_dataloader = _base_.fer_demo_val_160
test_dataloader = _base_.fer_demo_test_160
optim_wrapper = _base_.fer_demo_optim_wrapper
param_scheduler = _base_.fer_short_param_scheduler
train_cfg = _base_.fer_demo_train_cfg
default_hooks = _base_.fer_demo_default_hooks
custom_hooks = [_base_.fer_demo_mode_switch_160, *_base_.fer_steady_hooks]
