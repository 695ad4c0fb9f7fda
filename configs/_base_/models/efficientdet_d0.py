"""EfficientDet-D0 (arXiv 1911.09070), as a config of mmdet would have it.

mmdet's RetinaNet with other parts and settings. The input is 512x512.
"""

_base_ = 'mmdet::retinanet/retinanet_r50_fpn_1x_coco.py'

norm_cfg = dict(type='BN', eps=1e-3, momentum=0.01)

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmyolo.TimmEfficientNet',
        arch='b0',
        out_indices=(3, 4, 5),  # strides 8, 16, 32
        drop_path_rate=0.2,
        norm_cfg=norm_cfg,
        act_cfg=dict(type='SiLU'),
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
