"""EfficientDet-D0 on drawn faces, from random weights."""

_base_ = './efficientdet_d0_rafdb.py'

model = dict(backbone=dict(init_cfg=None))

train_dataloader = _base_.fer_demo_train
val_dataloader = _base_.fer_demo_val
test_dataloader = _base_.fer_demo_test
optim_wrapper = _base_.fer_demo_optim_wrapper
param_scheduler = _base_.fer_short_param_scheduler
train_cfg = _base_.fer_demo_train_cfg
default_hooks = _base_.fer_demo_default_hooks
