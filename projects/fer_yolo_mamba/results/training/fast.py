"""The demo, smaller still, by all that makes a training faster."""

_base_ = '../../../../configs/fer_yolo_mamba_demo.py'


def shrunk(pipeline):
    """Pictures of 96 pixels in place of 160."""
    return [
        dict(step, scale=(96, 96)) if step['type'] == 'mmdet.Resize' else step
        for step in pipeline
    ]


# An eighth of the channels in place of a quarter.
width = dict(widen_factor=0.125)
model = dict(backbone=width, neck=width, bbox_head=dict(head_module=width))
train_pipeline = shrunk(_base_.train_dataloader.dataset.pipeline)
test_pipeline = shrunk(_base_.test_dataloader.dataset.pipeline)
train_dataloader = dict(num_workers=0, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
train_cfg = dict(max_epochs=10, val_interval=10)
custom_hooks = [
    dict(_base_.custom_hooks[0], new_train_pipeline=train_pipeline),
    *_base_.custom_hooks[1:],
]
