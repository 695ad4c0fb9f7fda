"""How every detector here is trained and tested: data, schedule and hooks.

All names begin with `fer_`, because two bases of one config may not define the
same name: this file stands beside a base of mmdet or mmyolo, and the detector's
config binds its own names to these (configs/README.md).
"""

_base_ = [
    './datasets/fer_voc.py',
    './datasets/fer_pipelines.py',
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
        ema_type='ExpMomentumEMA',
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


def recipe(pipelines, demo_pipelines, collate):
    """The loaders, and the hooks that know a pipeline.

    Args:
        pipelines: Those of the detector's input, one of fer_pipelines_*.
        demo_pipelines: Those of the demo's input.
        collate: How the detector's library batches the training pictures.
    """
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
        collate_fn=dict(type=collate),
        dataset=dict(pipeline=pipelines['mosaic'], **_base_.fer_train_dataset),
        **loader,
    )
    test_dataloader = dict(
        _delete_=True,
        drop_last=False,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(pipeline=pipelines['test'], **_base_.fer_test_dataset),
        **loader,
    )
    mode_switch = dict(
        type='ModeSwitchHook',
        num_last_epochs=fer_num_last_epochs,
        new_train_pipeline=pipelines['plain'],
    )

    demo = dict(data_root='data/demo/')
    demo_test = dict(pipeline=demo_pipelines['test'], **demo)
    # Without mosaic from the start, so every epoch is one of the last ones.
    demo_switch = dict(mode_switch, new_train_pipeline=demo_pipelines['plain'])
    return dict(
        train_dataloader=train_dataloader,
        test_dataloader=test_dataloader,
        mode_switch=mode_switch,
        custom_hooks=[mode_switch, *fer_steady_hooks],
        demo_train_dataloader=dict(
            batch_size=8,
            num_workers=1,
            dataset=dict(pipeline=demo_pipelines['plain'], **demo),
        ),
        demo_val_dataloader=dict(
            dataset=dict(ann_file='ImageSets/Main/val.txt', **demo_test)
        ),
        demo_test_dataloader=dict(dataset=demo_test),
        demo_custom_hooks=[demo_switch, *fer_steady_hooks],
    )


# For mmdet's detectors, which fix their input or follow the paper's ...
fer_300 = recipe(
    _base_.fer_pipelines_300, _base_.fer_pipelines_300, 'pseudo_collate'
)
fer_320 = recipe(
    _base_.fer_pipelines_320, _base_.fer_pipelines_160, 'pseudo_collate'
)
fer_512 = recipe(
    _base_.fer_pipelines_512, _base_.fer_pipelines_512, 'pseudo_collate'
)
# ... and for mmyolo's, whose "fast" losses take a batch's boxes in one tensor.
fer_320_fast = recipe(
    _base_.fer_pipelines_320, _base_.fer_pipelines_160, 'yolov5_collate'
)

# The demo: a short run with a falling rate.
fer_demo_train_cfg = dict(max_epochs=5, val_interval=1)
fer_demo_optim_wrapper = dict(optimizer=dict(lr=0.0015))
fer_demo_default_hooks = dict(logger=dict(interval=10))
