"""A small YOLOX on drawn faces: the whole job in minutes on two cores.

Against YOLOX-s on RAF-DB: half the channels, random weights, 160x160 pixels,
no mosaic or mixup, batches of 8, and a short schedule that ends in a falling
rate.
"""

_base_ = ['./yolox_s.py', './schedules/short_cosine.py']

resize = [
    dict(type='mmdet.Resize', scale=(160, 160), keep_ratio=True),
    _base_.pad_to_square,
]
train_pipeline = [
    *_base_.pre_transform,
    *resize,
    *_base_.colour_and_flip,
    _base_.pack,
]
test_pipeline = [_base_.load_image, *resize, *_base_.test_pipeline[-2:]]

demo = dict(data_root='data/demo/')
train_dataloader = dict(
    batch_size=8, num_workers=1, dataset=dict(pipeline=train_pipeline, **demo)
)
val_dataloader = dict(
    dataset=dict(
        pipeline=test_pipeline, ann_file='ImageSets/Main/val.txt', **demo
    )
)
test_dataloader = dict(dataset=dict(pipeline=test_pipeline, **demo))

width = dict(widen_factor=0.25)
model = dict(
    backbone=dict(init_cfg=None, **width),
    neck=width,
    bbox_head=dict(head_module=width),
)
train_cfg = dict(max_epochs=5, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=0.0015))
param_scheduler = _base_.fer_short_param_scheduler
# Without mosaic from the start, so every epoch is one of YOLOX's last ones.
custom_hooks = [
    dict(_base_.mode_switch, new_train_pipeline=train_pipeline),
    *_base_.steady_hooks,
]
default_hooks = dict(logger=dict(interval=10))
