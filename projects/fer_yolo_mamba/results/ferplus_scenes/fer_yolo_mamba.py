"""FER-YOLO-Mamba on FER+ scenes, from random weights."""

_base_ = ['../../../../configs/fer_yolo_mamba_rafdb.py', './scenes.py']

model = _base_.fer_scenes_model

train_dataloader = _base_.fer_scenes_train
val_dataloader = _base_.fer_scenes_val
test_dataloader = _base_.fer_scenes_test
optim_wrapper = _base_.fer_scenes_optim
param_scheduler = _base_.fer_short_param_scheduler
train_cfg = _base_.fer_scenes_loop
custom_hooks = [
    dict(_base_.fer_mode_switch_320, num_last_epochs=_base_.fer_epochs),
    *_base_.fer_steady_hooks,
]
