"""FER-YOLO-Mamba on the real_fer photographs, from random weights.

Two hours on two cores: 28 epochs in batches of 8, without mosaic and mixup.
"""

_base_ = '../../../../configs/fer_yolo_mamba_rafdb.py'

# The set is written with 1-based coordinates; everything else is RAF-DB's.
real_fer = dict(dataset=dict(data_root='data/real_fer/', one_based=True))
train_dataloader = dict(batch_size=8, **real_fer)
val_dataloader = test_dataloader = real_fer
model = dict(backbone=dict(init_cfg=None))
train_cfg = dict(max_epochs=28, val_interval=1)
param_scheduler = _base_.fer_short_param_scheduler
custom_hooks = [
    dict(_base_.fer_mode_switch_320, num_last_epochs=28),
    *_base_.fer_steady_hooks,
]
