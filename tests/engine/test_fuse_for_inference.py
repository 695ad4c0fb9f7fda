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
    # Convolutions with nothing between them have become one: of the two halves
    # of its channels, the left one arrives squeezed to half as many.
    vss1, cbs1 = fused.neck.top_down_layers[0]
    assert isinstance(cbs1.conv, nn.Identity)
    channels = vss1.oss.norm.normalized_shape[0]
    assert vss1.fuse.in_channels == channels // 2 + channels
    assert vss1.fuse.out_channels == channels // 2
    # What depends on parameters alone is not computed for every picture.
    scan = vss1.oss.ss
    torch.testing.assert_close(scan.rates, -scan.A_logs.exp())
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        actual = fuse_for_inference(fused)(image)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


def test_a_normalisation_that_stays_is_not_folded():
    block = MODELS.build(
        dict(
            type='FERYOLOVSS',
            in_channels=32,
            out_channels=32,
            norm_cfg=dict(type='GN', num_groups=2),
        )
    ).eval()
    x = torch.rand(1, 32, 3, 5)
    with torch.no_grad():
        expected = block(x)
        torch.testing.assert_close(fuse_for_inference(block)(x), expected)
