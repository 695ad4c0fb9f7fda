"""How every detector here is trained and tested: data, schedule and hooks.

All names begin with `fer_`, because two bases of one config may not define the
same name: this file stands beside a base of mmdet or mmyolo, and the detector's
config binds its own names to these (configs/README.md).
"""

_base_ = [
    './datasets/fer_voc.py',
    './schedules/adam_step.py',
    './schedules/short_cosine.py',
    './runtime/fer.py',
    './coco_weights.py',
]

fer_val_cfg = dict(_delete_=True, type='ValLoop')
fer_test_cfg = dict(_delete_=True, type='TestLoop')
fer_default_hooks = dict(
    param_scheduler=dict(_delete_=True, type='ParamSchedulerHook'),
    # No save_best: RAF-DB and SFEW have no split to choose a checkpoint by.
    checkpoint=dict(
        _delete_=True, type='CheckpointHook', interval=1, max_keep_ckpts=3
    ),
)
fer_steady_hooks = [
    dict(type='mmdet.SyncNormHook', priority=48),
    dict(
        type='EMAHook',
        ema_type='ForeachEMA',
        momentum=0.0001,
        update_buffers=True,
        strict_load=False,
        priority=49,
    ),
    *_base_.fer_hooks,
]

fer_num_last_epochs = 15


def loop(max_epochs):
    """Validates now and then, and each of the last epochs."""
    return dict(
        _delete_=True,
        type='EpochBasedTrainLoop',
        max_epochs=max_epochs,
        val_interval=10,
        dynamic_intervals=[(max_epochs - fer_num_last_epochs, 1)],
    )


fer_train_cfg = loop(300)
fer_sfew_train_cfg = loop(500)


def pipelines(side):
    """YOLOX's as mmyolo has them, for squares of side x side pixels.

    The paper fixes the input, so batches are not resized at random. What is
    of this project (`FittedMosaic` and others) makes the same pictures as
    mmyolo's and mmdet's, faster.

    Returns:
        mosaic: Training with mosaic, affine transform and mixup.
        plain: Training without, in the last epochs.
        test: Validation and test.
    """
    scale = (side, side)
    grey = 114.0
    load_image = dict(type='LoadImageFromFile', backend_args=None)
    load = [load_image, dict(type='LoadAnnotations', with_bbox=True)]
    resize = [
        dict(type='mmdet.Resize', scale=scale, keep_ratio=True),
        dict(
            type='mmdet.Pad',
            pad_to_square=True,
            pad_val=dict(img=(grey, grey, grey)),
        ),
    ]
    meta_keys = ('img_id', 'img_path', 'ori_shape', 'img_shape')
    colour_and_flip = [
        dict(type='FastHSVRandomAug'),
        dict(type='FastRandomFlip', prob=0.5),
        dict(
            type='FastFilterAnnotations',
            min_gt_bbox_wh=(1, 1),
            keep_empty=False,
        ),
        dict(
            type='FastPackDetInputs',
            meta_keys=(*meta_keys, 'flip', 'flip_direction'),
        ),
    ]
    load_fitted = [
        dict(type='LoadFittedImage', scale=scale),
        dict(type='FastLoadAnnotations'),
    ]
    mosaic = dict(
        type='FittedMosaic',
        img_scale=scale,
        pad_val=grey,
        pre_transform=load_fitted,
    )
    affine = dict(
        type='FastRandomAffine',
        scaling_ratio_range=(0.1, 2),
        border=(-side // 2, -side // 2),
    )
    mixup = dict(
        type='FittedMixUp',
        img_scale=scale,
        ratio_range=(0.8, 1.6),
        pad_val=grey,
        pre_transform=load_fitted,
    )
    return dict(
        mosaic=[*load_fitted, mosaic, affine, mixup, *colour_and_flip],
        plain=[*load, *resize, *colour_and_flip],
        test=[
            load_image,
            *resize,
            dict(type='LoadAnnotations', with_bbox=True, _scope_='mmdet'),
            dict(
                type='mmdet.PackDetInputs',
                meta_keys=(*meta_keys, 'scale_factor'),
            ),
        ],
    )


def mode_switch(plain):
    """Ends mosaic and mixup."""
    return dict(
        type='ModeSwitchHook',
        num_last_epochs=fer_num_last_epochs,
        new_train_pipeline=plain,
    )


def recipe(side):
    """The loaders and the mode switch, whose pipelines know the side."""
    transforms = pipelines(side)
    loader = dict(
        batch_size=_base_.fer_batch_size,
        num_workers=2,
        # Workers start with the epoch, as EpochSeedHook needs.
        persistent_workers=False,
        pin_memory=True,
    )
    train_dataloader = dict(
        _delete_=True,
        sampler=dict(type='DefaultSampler', shuffle=True),
        worker_init_fn=dict(type='seed_worker'),
        dataset=dict(pipeline=transforms['mosaic'], **_base_.fer_train_dataset),
        **loader,
    )
    test_dataloader = dict(
        _delete_=True,
        drop_last=False,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(pipeline=transforms['test'], **_base_.fer_test_dataset),
        **loader,
    )
    return train_dataloader, test_dataloader, mode_switch(transforms['plain'])


# The paper's input, and those of the methods that fix their own.
fer_train_320, fer_test_320, fer_mode_switch_320 = recipe(320)
fer_train_300, fer_test_300, fer_mode_switch_300 = recipe(300)
fer_train_512, fer_test_512, fer_mode_switch_512 = recipe(512)
# How mmyolo's "fast" losses take a batch's boxes: in one tensor.
fer_fast = dict(collate_fn=dict(type='yolov5_collate'))


def demo(train=None, test=None):
    """Loaders of drawn faces; the arguments, of the data sets, also change.

    Mosaic stays out: every epoch of so short a run is one of the last ones.
    """
    root = dict(data_root='data/demo/')
    test = dict(root, **(test or {}))
    return (
        dict(batch_size=8, num_workers=1, dataset=dict(root, **(train or {}))),
        dict(dataset=dict(test, ann_file='ImageSets/Main/val.txt')),
        dict(dataset=test),
    )


def small_demo(side):
    """The same with another input, and the mode switch for it."""
    transforms = pipelines(side)
    loaders = demo(
        train=dict(pipeline=transforms['plain']),
        test=dict(pipeline=transforms['test']),
    )
    return *loaders, mode_switch(transforms['plain'])


fer_demo_train, fer_demo_val, fer_demo_test = demo()
(
    fer_demo_train_160,
    fer_demo_val_160,
    fer_demo_test_160,
    fer_demo_mode_switch_160,
) = small_demo(160)
fer_demo_train_cfg = dict(max_epochs=5, val_interval=1, dynamic_intervals=None)
fer_demo_optim_wrapper = dict(optimizer=dict(lr=0.0015))
fer_demo_default_hooks = dict(logger=dict(interval=10))
