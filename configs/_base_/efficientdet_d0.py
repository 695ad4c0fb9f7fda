"""EfficientDet-D0 at 512x512 on a facial expression set (arXiv 1911.09070).

mmdet's RetinaNet with the parts and settings of EfficientDet-D0; data, metric
and schedule are those of every detector here. The paper's own schedule
(momentum SGD, a cosine, gradients clipped) stays out for that reason.
"""

_base_ = [
    'mmdet::retinanet/retinanet_r50_fpn_1x_coco.py',
    './datasets/fer_voc.py',
    './schedules/adam_step.py',
    './runtime/fer.py',
]

# The registries that know both mmdet's and this project's names.
default_scope = 'mmyolo'

img_scale = (512, 512)  # width, height
max_epochs = 300
num_classes = 7

# The official weights, ported to PyTorch; the backbone alone is taken, as for
# every detector here.
pretrained = (
    'https://github.com/rwightman/efficientdet-pytorch/releases/download/'
    'v0.1/tf_efficientdet_d0_34-f153e0cf.pth'
)
norm_cfg = dict(type='BN', eps=1e-3, momentum=0.01)

model = dict(
    # Pads to the fixed input, with the mean colour.
    data_preprocessor=dict(pad_size_divisor=512),
    backbone=dict(
        _delete_=True,
        type='mmyolo.TimmEfficientNet',
        arch='b0',
        out_indices=(3, 4, 5),  # strides 8, 16, 32
        drop_path_rate=0.2,
        norm_cfg=norm_cfg,
        act_cfg=dict(type='SiLU'),
        init_cfg=dict(
            type='Pretrained', prefix='backbone.', checkpoint=pretrained
        ),
    ),
    neck=dict(
        _delete_=True,
        type='mmyolo.BiFPN',
        in_channels=[40, 112, 320],
        out_channels=64,
        num_layers=3,
        norm_cfg=norm_cfg,
    ),
    bbox_head=dict(
        type='mmyolo.EfficientDetHead',
        num_classes=num_classes,
        in_channels=64,
        feat_channels=64,
        stacked_convs=3,
        norm_cfg=norm_cfg,
        anchor_generator=dict(center_offset=0.5),
        loss_cls=dict(gamma=1.5),
        # Huber's loss with delta 0.1 is 0.1 times this one; weight 50, mean
        # over a box's four numbers.
        loss_bbox=dict(
            _delete_=True,
            type='SmoothL1Loss',
            beta=0.1,
            loss_weight=50 * 0.1 / 4,
        ),
    ),
    train_cfg=dict(assigner=dict(neg_iou_thr=0.5)),
)

load_image = dict(type='LoadImageFromFile', backend_args=None)
load_boxes = dict(type='mmdet.LoadAnnotations', with_bbox=True)
train_pipeline = [
    load_image,
    load_boxes,
    dict(type='mmdet.RandomFlip', prob=0.5),
    dict(
        type='RandomResize',
        scale=img_scale,
        ratio_range=(0.1, 2.0),
        resize_type='mmdet.Resize',
        keep_ratio=True,
    ),
    dict(
        type='mmdet.RandomCrop', crop_size=img_scale, allow_negative_crop=True
    ),
    dict(type='mmdet.PackDetInputs'),
]
test_pipeline = [
    load_image,
    dict(type='mmdet.Resize', scale=img_scale, keep_ratio=True),
    load_boxes,
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
    # Every picture is padded to one size: no need to sort them by shape.
    batch_sampler=None,
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
# Again, without the scope that inheriting from mmdet adds to them: what they
# build has names of mmyolo's registries.
train_cfg = dict(
    _delete_=True,
    type='EpochBasedTrainLoop',
    max_epochs=max_epochs,
    val_interval=10,
)
val_cfg = dict(_delete_=True, type='ValLoop')
test_cfg = dict(_delete_=True, type='TestLoop')
# No save_best: RAF-DB and SFEW have no split to choose a checkpoint by.
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=3))
custom_hooks = [
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0002,
        update_buffers=True,
        strict_load=False,
        priority=49,
    ),
    *_base_.fer_hooks,
]
