"""YOLOX-s at 320x320 on a facial expression set, by the paper's recipe.

mmyolo's YOLOX-s with what the paper changes: seven classes, a fixed input of
320x320, the FER data and metric, and the schedule of Section IV-A.
"""

_base_ = [
    'mmyolo::yolox/yolox_s_fast_8xb8-300e_coco.py',
    './datasets/fer_voc.py',
    './schedules/adam_step.py',
    './runtime/fer.py',
]

img_scale = (320, 320)  # width, height
max_epochs = 300
num_last_epochs = 15
num_classes = 7

# The backbone starts from COCO (Section IV-A); the neck and the head of this
# checkpoint do not fit and are left out.
pretrained = (
    'https://download.openmmlab.com/mmyolo/v0/yolox/'
    'yolox_s_fast_8xb8-300e_coco/'
    'yolox_s_fast_8xb8-300e_coco_20230213_142600-2b224d8b.pth'
)

model = dict(
    # The paper fixes the input, so YOLOX's random resizing stays out. YOLOX
    # takes plain pixel values: this normalisation only makes them floats,
    # which the resizing did.
    data_preprocessor=dict(
        batch_augments=None, mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0]
    ),
    backbone=dict(
        init_cfg=dict(
            type='Pretrained', prefix='backbone.', checkpoint=pretrained
        )
    ),
    bbox_head=dict(head_module=dict(num_classes=num_classes)),
)

load_image = dict(type='LoadImageFromFile', backend_args=None)
load_boxes = dict(type='LoadAnnotations', with_bbox=True)
pre_transform = [load_image, load_boxes]
pad_to_square = dict(
    type='mmdet.Pad',
    pad_to_square=True,
    pad_val=dict(img=(114.0, 114.0, 114.0)),
)
colour_and_flip = [
    dict(type='mmdet.YOLOXHSVRandomAug'),
    dict(type='mmdet.RandomFlip', prob=0.5),
    dict(
        type='mmdet.FilterAnnotations', min_gt_bbox_wh=(1, 1), keep_empty=False
    ),
]
pack = dict(
    type='mmdet.PackDetInputs',
    meta_keys=(
        'img_id',
        'img_path',
        'ori_shape',
        'img_shape',
        'flip',
        'flip_direction',
    ),
)

train_pipeline = [
    *pre_transform,
    dict(
        type='Mosaic',
        img_scale=img_scale,
        pad_val=114.0,
        pre_transform=pre_transform,
    ),
    dict(
        type='mmdet.RandomAffine',
        scaling_ratio_range=(0.1, 2),
        border=(-img_scale[0] // 2, -img_scale[1] // 2),
    ),
    dict(
        type='YOLOXMixUp',
        img_scale=img_scale,
        ratio_range=(0.8, 1.6),
        pad_val=114.0,
        pre_transform=pre_transform,
    ),
    *colour_and_flip,
    pack,
]
last_epochs_pipeline = [
    *pre_transform,
    dict(type='mmdet.Resize', scale=img_scale, keep_ratio=True),
    pad_to_square,
    *colour_and_flip,
    pack,
]
test_pipeline = [
    load_image,
    dict(type='mmdet.Resize', scale=img_scale, keep_ratio=True),
    pad_to_square,
    dict(type='LoadAnnotations', with_bbox=True, _scope_='mmdet'),
    dict(
        type='mmdet.PackDetInputs',
        meta_keys=(
            'img_id',
            'img_path',
            'ori_shape',
            'img_shape',
            'scale_factor',
        ),
    ),
]

train_dataloader = dict(
    batch_size=_base_.fer_batch_size,
    num_workers=2,
    # Workers start with the epoch, as EpochSeedHook needs.
    persistent_workers=False,
    worker_init_fn=dict(type='seed_worker'),
    # Again, without the scope that inheriting from mmyolo adds to it.
    collate_fn=dict(_delete_=True, type='yolov5_collate'),
    dataset=dict(
        _delete_=True, pipeline=train_pipeline, **_base_.fer_train_dataset
    ),
)
val_dataloader = dict(
    batch_size=_base_.fer_batch_size,
    num_workers=2,
    persistent_workers=False,
    dataset=dict(
        _delete_=True, pipeline=test_pipeline, **_base_.fer_test_dataset
    ),
)
test_dataloader = val_dataloader
val_evaluator = _base_.fer_evaluator
test_evaluator = val_evaluator

optim_wrapper = _base_.fer_optim_wrapper
param_scheduler = _base_.fer_param_scheduler
train_cfg = dict(
    max_epochs=max_epochs,
    val_interval=10,
    dynamic_intervals=[(max_epochs - num_last_epochs, 1)],
)
# No save_best: RAF-DB and SFEW have no split to choose a checkpoint by.
default_hooks = dict(
    checkpoint=dict(interval=1, max_keep_ckpts=3, save_best=None)
)
mode_switch = dict(
    type='ModeSwitchHook',
    num_last_epochs=num_last_epochs,
    new_train_pipeline=last_epochs_pipeline,
)
steady_hooks = [
    dict(type='mmdet.SyncNormHook', priority=48),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0001,
        update_buffers=True,
        strict_load=False,
        priority=49,
    ),
    *_base_.fer_hooks,
]
custom_hooks = [mode_switch, *steady_hooks]
