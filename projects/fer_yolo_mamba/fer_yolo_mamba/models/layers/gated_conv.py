"""GatedConv: OmniSS2D with a large convolution in place of its scan."""

from mmcv.cnn import DepthwiseSeparableConvModule
from mmyolo.registry import MODELS
from torch import Tensor

from .gated_mixer import GatedMixer


@MODELS.register_module()
class GatedConv(GatedMixer):
    """Control for the ablations: as many parameters, and nothing scanned.

    The scan alone is replaced, by a depthwise-separable convolution; norms,
    gate, projections and shortcut stay. So a difference in results is the
    scan's doing, not that of parameters or of the block around it. The default
    kernel, which reaches six pixels each way, brings the parameters of the
    whole network to 0.3 % below those of FER-YOLO-Mamba.

    Args:
        channels: Channels c of the map.
        kernel_size: Side of the depthwise kernel, odd.

    Example:
        >>> GatedConv(32)(torch.rand(2, 5, 7, 32)).shape
        torch.Size([2, 5, 7, 32])
    """

    def __init__(self, channels: int, kernel_size: int = 13) -> None:
        super().__init__(channels)
        self.separable = DepthwiseSeparableConvModule(
            2 * channels,
            2 * channels,
            kernel_size,
            padding=kernel_size // 2,
            act_cfg=None,
        )

    def mix(self, x: Tensor) -> Tensor:
        """The convolution: (B, H, W, 2c) to the same shape."""
        return self.separable(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
