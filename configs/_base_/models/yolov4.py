"""YOLOv4 (arXiv 2004.10934), as a config of mmyolo would have it.

Of the authors' final model (yolov4.cfg of darknet) this has the network, the
assignment and the losses. Its augmentation, mosaic, is part of the recipe of
every detector here. It leaves out:

- random training sizes: the paper that is reproduced fixes the input;
- cross mini-batch normalisation: it imitates a larger batch for a GPU that
  holds only part of one, and here the batch is whole;
- self-adversarial training, DropBlock, CutMix, label smoothing and DIoU-NMS:
  studied in the paper, and switched off in the final model, too.
"""

# For the loops and loaders of a detector of mmyolo; the model is another one.
_base_ = 'mmyolo::yolov5/yolov5_s-v61_syncbn_fast_8xb16-300e_coco.py'

model = dict(
    _delete_=True,
    type='YOLODetector',
    data_preprocessor=dict(
        type='YOLOv5DetDataPreprocessor',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        bgr_to_rgb=True,
    ),
    backbone=dict(type='YOLOv4CSPDarknet'),
    neck=dict(type='YOLOv4PAFPN'),
    bbox_head=dict(
        type='YOLOv4Head',
        head_module=dict(type='YOLOv4HeadModule', num_classes=80),
    ),
    test_cfg=dict(
        multi_label=True,
        nms_pre=30000,
        score_thr=0.001,
        nms=dict(type='nms', iou_threshold=0.45),
        max_per_img=300,
    ),
)
