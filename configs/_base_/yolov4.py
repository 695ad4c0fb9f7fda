"""YOLOv4 (arXiv 2004.10934) at 320x320 on a facial expression set.

Data, metric, schedule, hooks and the last epochs without mosaic are those of
every detector here (yolox_s.py). Of the authors' final model (yolov4.cfg of
darknet) this keeps the network, the assignment, the losses and, of its
augmentations, mosaic, random scale, colour and flip. It leaves out:

- random training sizes: the paper that is reproduced fixes the input;
- cross mini-batch normalisation: it imitates a larger batch for a GPU that
  holds only part of one, and here the batch is whole;
- self-adversarial training, DropBlock, CutMix, label smoothing and DIoU-NMS:
  studied in the paper, and switched off in the final model, too.
"""

_base_ = './yolox_s.py'

num_classes = 7

# The file of the authors; 80 classes, so the head does not fit, and neck and
# head start anew as those of every other detector do.
pretrained = (
    'darknet:https://github.com/AlexeyAB/darknet/releases/download/'
    'darknet_yolo_v3_optimal/yolov4.weights'
)

model = dict(
    _delete_=True,
    type='YOLODetector',
    data_preprocessor=dict(
        type='YOLOv5DetDataPreprocessor',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type='YOLOv4CSPDarknet',
        init_cfg=dict(
            type='Pretrained', prefix='backbone.', checkpoint=pretrained
        ),
    ),
    neck=dict(type='YOLOv4PAFPN'),
    bbox_head=dict(
        type='YOLOv4Head',
        head_module=dict(type='YOLOv4HeadModule', num_classes=num_classes),
    ),
    test_cfg=dict(
        multi_label=True,
        nms_pre=30000,
        score_thr=0.001,
        nms=dict(type='nms', iou_threshold=0.45),
        max_per_img=300,
    ),
)

colour_and_flip = [
    # Hue by a tenth of its circle, OpenCV's 180; saturation and value by half.
    dict(
        type='mmdet.YOLOXHSVRandomAug',
        hue_delta=18,
        saturation_delta=0,
        value_delta=0,
    ),
    dict(
        type='YOLOv5HSVRandomAug',
        hue_delta=0,
        saturation_delta=0.5,
        value_delta=0.5,
    ),
    *_base_.colour_and_flip[1:],
]
train_pipeline = [
    *_base_.train_pipeline[:3],  # both loads and mosaic
    # darknet moves each side of a picture by up to 0.3: three quarters of the
    # zooms that come out lie in this range.
    dict(
        type='mmdet.RandomAffine',
        max_rotate_degree=0.0,
        max_shear_degree=0.0,
        scaling_ratio_range=(1 / 1.3, 1 / 0.7),
        border=(-_base_.img_scale[0] // 2, -_base_.img_scale[1] // 2),
    ),
    *colour_and_flip,
    _base_.pack,
]
last_epochs_pipeline = [
    *_base_.last_epochs_pipeline[:4],  # both loads, resizing and padding
    *colour_and_flip,
    _base_.pack,
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
custom_hooks = [
    dict(_base_.mode_switch, new_train_pipeline=last_epochs_pipeline),
    *_base_.steady_hooks,
]
