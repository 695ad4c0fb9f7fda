"""The neck of FER-YOLO-Mamba (paper, Fig. 1)."""

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmyolo.models import YOLOXPAFPN
from mmyolo.registry import MODELS

from ..layers import FERYOLOVSS


@MODELS.register_module()
class FERYOLOMambaPAFPN(YOLOXPAFPN):
    """YOLOX's path aggregation network with FER-YOLO-VSS for CSP layers.

    The data flow at width 0.5, strides at the left, output channels of each
    layer behind its name:

    .. code-block:: text

        32  C5 - CBS1 256 ------------------------------- cat - VSS2 512 - CBS1
                    | up x2                                | CBS3 s2
        16  C4 --- cat - VSS1 256 - CBS1 128 ------------ cat - VSS2 256 - CBS1
                                       | up x2             | CBS3 s2
         8  C3 ---------------------- cat - VSS1 128 ------+-------------- CBS1

    CBS1 and CBS3 are 1x1 and 3x3 convolutions with BN and SiLU, s2 a stride of
    two; the last ones bring every level to 128 channels.

    Args:
        vss_cfg (dict): Further arguments of every :class:`FERYOLOVSS`: its
            switches, as ``configs/ablations`` sets them.
        **kwargs: As of :class:`mmyolo.models.YOLOXPAFPN`.
    """

    def __init__(self, *args, vss_cfg: dict | None = None, **kwargs) -> None:
        self.vss_cfg = vss_cfg or {}
        super().__init__(*args, **kwargs)

    def build_top_down_layer(self, idx: int) -> nn.Module:
        """VSS1 after the concatenation, and CBS1 on the way further down."""
        channels = self.in_channels[idx - 1]
        vss1 = FERYOLOVSS(2 * channels, channels, self.norm_cfg, **self.vss_cfg)
        if idx == 1:
            return vss1
        return nn.Sequential(
            vss1,
            ConvModule(
                channels,
                self.in_channels[idx - 2],
                kernel_size=1,
                norm_cfg=self.norm_cfg,
                act_cfg=self.act_cfg,
            ),
        )

    def build_bottom_up_layer(self, idx: int) -> nn.Module:
        """VSS2 after the concatenation of the finer level."""
        channels = self.in_channels[idx + 1]
        return FERYOLOVSS(channels, channels, self.norm_cfg, **self.vss_cfg)
