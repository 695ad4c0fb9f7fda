"""FER-YOLO-Mamba on real faces: pictures composed anew from several sets.

Nothing here is the paper's but the network; configs/README.md says what each
source is for, and what the sets are.
"""

_base_ = './fer_yolo_mamba_rafdb.py'


def fer_set(root, split, **options):
    """A set in VOC layout."""
    return dict(
        type='FERVOCDataset',
        data_root=f'data/{root}/',
        ann_file=f'ImageSets/Main/{split}.txt',
        **options,
    )


def fer_crops(split, **options):
    """Crops of FER+, rare classes more often."""
    return dict(dataset=fer_set('ferplus', split), rarity=0.45, **options)


def fer_backdrops(split):
    """Photographs without faces."""
    return dict(dataset=fer_set('face_scenes', split), max_side=360)


# Ten people named each of them: a label is drawn by the squares of their votes.
fer_train_crops = fer_crops('train', votes='votes.csv', sharpness=2.0)
fer_pasted = dict(
    type='PastedFaces',
    crops=fer_train_crops,
    backgrounds=fer_backdrops('no_face_train'),
)
fer_photographs = dict(
    type='Photographs',
    dataset=fer_set('real_fer', 'train_photos', one_based=True),
    max_side=400,
)
# Boxes of faces, none of which has an expression.
fer_scenes = dict(
    type='Photographs',
    dataset=fer_set('face_scenes', 'faces_train', unlabelled='face'),
    max_side=448,
)
fer_no_faces = dict(type='Photographs', **fer_backdrops('no_face_train'))

train_dataloader = dict(
    _delete_=True,
    batch_size=32,
    num_workers=2,
    # Workers start with the epoch, as FaceMixture and EpochSeedHook need.
    persistent_workers=False,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    worker_init_fn=dict(type='seed_worker'),
    collate_fn=dict(type='yolov5_collate'),
    dataset=dict(
        type='FaceMixture',
        side=320,
        length=16000,
        mosaic=0.12,
        sources=[
            dict(share=0.26, max_faces=22, face_size=(22, 290), **fer_pasted),
            dict(share=0.13, max_faces=4, face_size=(70, 300), **fer_pasted),
            # Portraits, as a look at 1.5 times the side sees them.
            dict(share=0.14, max_faces=2, face_size=(140, 310), **fer_pasted),
            dict(share=0.10, rarity=0.4, **fer_photographs),
            dict(
                share=0.09, swap=1.0, crops=fer_train_crops, **fer_photographs
            ),
            dict(share=0.10, **fer_scenes),
            dict(share=0.10, face_size=(9, 64), **fer_scenes),
            dict(share=0.04, swap=0.8, crops=fer_train_crops, **fer_scenes),
            dict(share=0.04, **fer_no_faces),
        ],
    ),
)

# Pictures that stay the same, FaceMixture's epoch 0, of crops kept apart.
val_dataloader = dict(
    _delete_=True,
    batch_size=32,
    num_workers=2,
    persistent_workers=False,
    pin_memory=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='FaceMixture',
        side=320,
        length=1000,
        mosaic=0.0,
        sources=[
            dict(
                share=0.95,
                type='PastedFaces',
                crops=fer_crops('val'),
                backgrounds=fer_backdrops('no_face_train'),
                max_faces=4,
            ),
            dict(share=0.05, **fer_no_faces),
        ],
    ),
)
# Whole photographs of real people, never looked at before the end.
test_dataloader = dict(
    dataset=fer_set('real_fer', 'test_photos', one_based=True)
)

model = dict(
    # No weights from elsewhere: nothing but these sets is in the result.
    backbone=dict(init_cfg=None),
    bbox_head=dict(loss_cls=dict(loss_weight=3.5)),
)
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True,
        type='AdamW',
        lr=0.0013,
        betas=(0.9, 0.99),
        weight_decay=0.03,
    ),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        bias_decay_mult=0.0,
        custom_keys=dict(
            A_logs=dict(decay_mult=0.0),
            Ds=dict(decay_mult=0.0),
            dt_projs_bias=dict(decay_mult=0.0),
            # It was trained before, see tools/analysis/pretrain_backbone.py.
            # For mmengine this is instead of what it says of norms above.
            backbone=dict(lr_mult=0.5),
        ),
    ),
    clip_grad=dict(max_norm=10.0),
)
param_scheduler = _base_.fer_short_param_scheduler
train_cfg = dict(
    _delete_=True,
    type='EpochBasedTrainLoop',
    max_epochs=60,
    val_interval=5,
    dynamic_intervals=[(51, 1)],
)
custom_hooks = [
    # YOLOX's further loss of boxes, in the last epochs.
    dict(type='ModeSwitchHook', num_last_epochs=9),
    *_base_.fer_steady_hooks,
]
