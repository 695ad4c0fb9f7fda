"""The pipelines of every detector, YOLOX's as mmyolo has them, by their side.

Pictures become squares of one size: the paper fixes the input, so there is no
random resizing of batches.
"""


def pipelines(side):
    """For pictures of side x side pixels.

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
        dict(type='mmdet.YOLOXHSVRandomAug'),
        dict(type='mmdet.RandomFlip', prob=0.5),
        dict(
            type='mmdet.FilterAnnotations',
            min_gt_bbox_wh=(1, 1),
            keep_empty=False,
        ),
        dict(
            type='mmdet.PackDetInputs',
            meta_keys=(*meta_keys, 'flip', 'flip_direction'),
        ),
    ]
    mosaic = dict(
        type='Mosaic', img_scale=scale, pad_val=grey, pre_transform=load
    )
    affine = dict(
        type='mmdet.RandomAffine',
        scaling_ratio_range=(0.1, 2),
        border=(-side // 2, -side // 2),
    )
    mixup = dict(
        type='YOLOXMixUp',
        img_scale=scale,
        ratio_range=(0.8, 1.6),
        pad_val=grey,
        pre_transform=load,
    )
    return dict(
        mosaic=[*load, mosaic, affine, mixup, *colour_and_flip],
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


fer_pipelines_160 = pipelines(160)
fer_pipelines_300 = pipelines(300)
fer_pipelines_320 = pipelines(320)
fer_pipelines_512 = pipelines(512)
