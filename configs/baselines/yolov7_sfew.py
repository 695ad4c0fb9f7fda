"""YOLOv7 on SFEW 2.0 (paper, Table II)."""

_base_ = './yolov7_rafdb.py'

train_dataloader = _base_.fer_sfew_train_dataloader
val_dataloader = test_dataloader = _base_.fer_sfew_test_dataloader
train_cfg = _base_.fer_sfew_train_cfg
