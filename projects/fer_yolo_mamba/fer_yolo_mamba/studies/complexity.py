"""Parameters and floating-point operations of a config's detector."""

import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn as nn
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import MODELS
from torch.utils.flop_counter import FlopCounterMode

from ..errors import InputError
from ..models import OmniSS2D
from ..ops import register_flop_formulas


@dataclass(frozen=True)
class Complexity:
    """What a detector costs.

    Attributes:
        parameters: All of them.
        thop_parameters: Those that thop sees: of PyTorch's own modules.
        thop_flops: Twice thop's multiply-accumulates. The paper's Fig. 3 prints
            these two.
        product_flops: Twice the multiply-accumulates of every convolution and
            matrix product, of bare parameters, too.
        scan_flops: Of the selective scans; see :func:`count_flops`.
    """

    parameters: int
    thop_parameters: int
    thop_flops: int
    product_flops: int
    scan_flops: int

    @property
    def flops(self) -> int:
        """Products and scans."""
        return self.product_flops + self.scan_flops


def measure_complexity(config: Config, size: tuple[int, int]) -> Complexity:
    """Counts parameters and operations for one picture.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        size: Height and width of the picture.

    Raises:
        InputError: The network cannot take this size, or thop is not
            installed.
    """
    profile = _thop_profile()
    init_default_scope(config.get('default_scope', 'mmyolo'))
    detector = MODELS.build(config.model).eval()
    for module in detector.modules():
        if isinstance(module, OmniSS2D):
            # Counts are the same for each, but not all of them can be counted.
            module.scan_backend = 'auto'
    same = ('ori_shape', 'img_shape', 'batch_input_shape', 'pad_shape')
    meta = dict(dict.fromkeys(same, size), scale_factor=(1.0, 1.0))
    sample = DetDataSample(metainfo=meta)
    inputs = torch.zeros(1, 3, *size), [sample]
    try:
        products, scans = count_flops(detector, *inputs)
    except RuntimeError as error:
        height, width = size
        raise InputError(
            f'the network of {config.filename} takes no picture of '
            f'{height}×{width}: name another size, such as a multiple of 32.'
        ) from error
    # thop leaves its counters in the modules that it has counted.
    macs, thop_parameters = profile(copy.deepcopy(detector), inputs)
    return Complexity(
        sum(parameter.numel() for parameter in detector.parameters()),
        int(thop_parameters),
        int(2 * macs),
        products,
        scans,
    )


@torch.no_grad()
def count_flops(module: nn.Module, *inputs: Any) -> tuple[int, int]:
    """Counts the operations of a forward pass.

    Scans count as :func:`~fer_yolo_mamba.ops.register_flop_formulas` says;
    norms and activations count nothing.

    Args:
        module: Any module of this package, mmdet or mmyolo.
        *inputs: What it is called with.

    Returns:
        Operations of convolutions and matrix products, and those of scans.
    """
    scan_operators = register_flop_formulas()
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    counts = counter.get_flop_counts().get('Global', {})
    scans = sum(counts.get(operator, 0) for operator in scan_operators)
    return counter.get_total_flops() - scans, scans


def _thop_profile():
    try:
        from thop import profile
        from thop.vision.basic_hooks import count_convNd
    except ImportError as error:
        raise InputError(
            'thop, which counts as the paper does, is not installed: run '
            '"pip install thop".'
        ) from error
    # thop looks for the very class, so it would miss EfficientNet's.
    rules = {Conv2dAdaptivePadding: count_convNd}
    return partial(profile, custom_ops=rules, verbose=False)
