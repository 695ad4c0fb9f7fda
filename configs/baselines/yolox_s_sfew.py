"""YOLOX-s on SFEW 2.0 (paper, Table II)."""

_base_ = './yolox_s_rafdb.py'

train_dataloader = _base_.fer_sfew_train_dataloader
val_dataloader = test_dataloader = _base_.fer_sfew_test_dataloader
train_cfg = _base_.fer_sfew_train_cfg
