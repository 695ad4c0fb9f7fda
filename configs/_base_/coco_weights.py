"""Where the COCO weights of every detector are, published by their authors.

The backbone starts from them, nothing else does (paper, Section IV-A).
"""

fer_mmdet_url = 'https://download.openmmlab.com/mmdetection/v2.0/'
fer_mmyolo_url = 'https://download.openmmlab.com/mmyolo/v0/'
fer_github_url = 'https://github.com/'


def backbone(*parts):
    """Takes the backbone out of a whole detector's checkpoint."""
    return dict(
        type='Pretrained', prefix='backbone.', checkpoint=''.join(parts)
    )


fer_coco = dict(
    centernet=backbone(
        fer_mmdet_url,
        'centernet/centernet_resnet18_140e_coco/',
        'centernet_resnet18_140e_coco_20210705_093630-bb5b3bf7.pth',
    ),
    # Those of the TensorFlow authors, ported to PyTorch.
    efficientdet_d0=backbone(
        fer_github_url,
        'rwightman/efficientdet-pytorch/releases/download/v0.1/',
        'tf_efficientdet_d0_34-f153e0cf.pth',
    ),
    retinanet=backbone(
        fer_mmdet_url,
        'retinanet/retinanet_r50_fpn_1x_coco/',
        'retinanet_r50_fpn_1x_coco_20200130-c2398f9e.pth',
    ),
    ssd=backbone(
        fer_mmdet_url,
        'ssd/ssd300_coco/ssd300_coco_20210803_015428-d231a06e.pth',
    ),
    yolov3=backbone(
        fer_mmdet_url,
        'yolo/yolov3_d53_320_273e_coco/',
        'yolov3_d53_320_273e_coco-421362b6.pth',
    ),
    yolov4=backbone(
        'darknet:',
        fer_github_url,
        'AlexeyAB/darknet/releases/download/darknet_yolo_v3_optimal/',
        'yolov4.weights',
    ),
    yolov5_s=backbone(
        fer_mmyolo_url,
        'yolov5/yolov5_s-v61_syncbn_fast_8xb16-300e_coco/',
        'yolov5_s-v61_syncbn_fast_8xb16-300e_coco_20220918_084700-',
        '86e02187.pth',
    ),
    yolov7=backbone(
        fer_mmyolo_url,
        'yolov7/yolov7_l_syncbn_fast_8x16b-300e_coco/',
        'yolov7_l_syncbn_fast_8x16b-300e_coco_20221123_023601-8113c0eb.pth',
    ),
    yolov8_s=backbone(
        fer_mmyolo_url,
        'yolov8/yolov8_s_syncbn_fast_8xb16-500e_coco/',
        'yolov8_s_syncbn_fast_8xb16-500e_coco_20230117_180101-5aa5f0f1.pth',
    ),
    yolox_s=backbone(
        fer_mmyolo_url,
        'yolox/yolox_s_fast_8xb8-300e_coco/',
        'yolox_s_fast_8xb8-300e_coco_20230213_142600-2b224d8b.pth',
    ),
)
