"""FRM and SS2D (Table III) on SFEW 2.0."""

_base_ = './frm_ss2d_rafdb.py'

train_dataloader = _base_.fer_sfew_train_dataloader
val_dataloader = test_dataloader = _base_.fer_sfew_test_dataloader
train_cfg = _base_.fer_sfew_train_cfg
