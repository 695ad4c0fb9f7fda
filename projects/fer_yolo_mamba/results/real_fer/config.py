"""FER-YOLO-Mamba on the real_fer photographs, from random weights.

15 epochs are all among YOLOX's last ones: without mosaic and mixup.
"""

_base_ = '../../../../configs/fer_yolo_mamba_rafdb.py'

# The set is written with 1-based coordinates; everything else is RAF-DB's.
real_fer = dict(dataset=dict(data_root='data/real_fer/', one_based=True))
train_dataloader = val_dataloader = test_dataloader = real_fer
model = dict(backbone=dict(init_cfg=None))
train_cfg = dict(max_epochs=15, val_interval=1)
# So short a run would end before the recipe's first step.
param_scheduler = [dict(type='StepLR', by_epoch=True, step_size=11, gamma=0.1)]
