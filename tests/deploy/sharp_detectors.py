"""Detectors of random weights whose answers can be told apart."""

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


def build_sharp(config, **options):
    """The detector of a config file, for evaluation."""
    options = {'model.backbone.init_cfg': None, **options}
    with DefaultScope.overwrite_default_scope('mmyolo'):
        return sharpen(MODELS.build(load_config(config, options).model))


def sharpen(detector: nn.Module) -> nn.Module:
    """Random weights as all heads begin with say the same everywhere."""
    torch.manual_seed(0)
    for name, weight in detector.bbox_head.named_parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=0.7 * weight[0].numel() ** -0.5)
        elif name.endswith('.bias'):
            nn.init.zeros_(weight)
    return detector.eval()
