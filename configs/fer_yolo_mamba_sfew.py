"""FER-YOLO-Mamba on SFEW 2.0 (paper, Table II): 500 epochs."""

_base_ = './fer_yolo_mamba_rafdb.py'

sfew = dict(data_root='data/sfew/')
train_dataloader = dict(dataset=sfew)
val_dataloader = dict(dataset=dict(ann_file='ImageSets/Main/val.txt', **sfew))
test_dataloader = val_dataloader
train_cfg = dict(max_epochs=500, dynamic_intervals=[(485, 1)])
