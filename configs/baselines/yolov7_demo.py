"""YOLOv7 on drawn faces, from random weights."""

_base_ = './yolov7_rafdb.py'

model = dict(backbone=dict(init_cfg=None))

train_dataloader = _base_.fer_320_fast.demo_train_dataloader
val_dataloader = _base_.fer_320_fast.demo_val_dataloader
test_dataloader = _base_.fer_320_fast.demo_test_dataloader
optim_wrapper = _base_.fer_demo_optim_wrapper
param_scheduler = _base_.fer_short_param_scheduler
train_cfg = _base_.fer_demo_train_cfg
default_hooks = _base_.fer_demo_default_hooks
custom_hooks = _base_.fer_320_fast.demo_custom_hooks
