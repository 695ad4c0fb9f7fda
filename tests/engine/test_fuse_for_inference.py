"""A fused detector predicts what it was trained to."""

import torch
import torch.nn as nn
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.checkpoints import fuse_for_inference
from fer_yolo_mamba.engine.config import load_config


def test_fused_detector_predicts_the_same(repository):
    config = load_config(repository / 'configs/fer_yolo_mamba_demo.py')
    detector = MODELS.build(config.model).eval()
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2)
    image = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        expected = detector(image)
        fused = fuse_for_inference(detector)
        actual = fused(image)
    assert not any(isinstance(x, nn.BatchNorm2d) for x in fused.modules())
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)
