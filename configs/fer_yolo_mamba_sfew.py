"""FER-YOLO-Mamba on SFEW 2.0 (paper, Table II): 500 epochs."""

_base_ = './fer_yolo_mamba_rafdb.py'

train_dataloader = _base_.fer_sfew_train_dataloader
val_dataloader = _base_.fer_sfew_test_dataloader
test_dataloader = _base_.fer_sfew_test_dataloader
train_cfg = _base_.fer_sfew_train_cfg
