"""Detectors of random weights whose answers can be told apart."""

from pathlib import Path

import torch
import torch.nn as nn
from mmengine.registry import DefaultScope
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config

# The smallest sides that a network can take; 64 for all others.
SIDES = {'ssd': 300, 'efficientdet_d0': 128}
BASELINES = (
    *('centernet', 'efficientdet_d0', 'retinanet', 'ssd', 'yolov3'),
    *('yolov4', 'yolov5_s', 'yolov7', 'yolov8_s', 'yolox_s'),
)


def build_sharp(config: Path, **options) -> nn.Module:
    """The detector of a config file, for evaluation.

    Random weights as all heads begin with say the same everywhere: here they
    are larger, by what the features before them are.
    """
    options = {'model.backbone.init_cfg': None, **options}
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmyolo'):
        detector = MODELS.build(load_config(config, options).model)
    detector.init_weights()
    # YOLOv3's maps are in the hundreds before it is trained.
    scale = 0.04 if config.stem.startswith('yolov3') else 0.7
    for name, weight in detector.bbox_head.named_parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=scale * weight[0].numel() ** -0.5)
        elif name.endswith('.bias'):
            nn.init.zeros_(weight)
    return detector.eval()
