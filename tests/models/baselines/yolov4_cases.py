"""Small YOLOv4 networks for the tests beside this file."""

from mmyolo.registry import MODELS

TEST_CFG = dict(
    multi_label=True,
    nms_pre=1000,
    score_thr=0.001,
    nms=dict(type='nms', iou_threshold=0.45),
    max_per_img=100,
)


def build_yolov4(num_classes=7, deepen_factor=1.0, widen_factor=1.0, **head):
    width = dict(widen_factor=widen_factor)
    return MODELS.build(
        dict(
            type='YOLODetector',
            backbone=dict(
                type='YOLOv4CSPDarknet', deepen_factor=deepen_factor, **width
            ),
            neck=dict(type='YOLOv4PAFPN', **width),
            bbox_head=dict(
                type='YOLOv4Head',
                head_module=dict(
                    type='YOLOv4HeadModule', num_classes=num_classes, **width
                ),
                **head,
            ),
            test_cfg=TEST_CFG,
        )
    )


def build_tiny_yolov4(**head):
    """A sixteenth of the channels, two residual blocks a stage at most."""
    return build_yolov4(deepen_factor=0.25, widen_factor=1 / 16, **head)
