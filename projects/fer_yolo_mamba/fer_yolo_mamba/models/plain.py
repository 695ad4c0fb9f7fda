"""FER-YOLO-Mamba in plain PyTorch: to look at photographs, not to train.

OpenMMLab's libraries build the same network (:mod:`.fer_yolo_mamba`, between
YOLOX's backbone and head), but take seconds to import. Here it reads top to
bottom, from pixels to boxes; parameters have the same names, so that the same
weights load.
"""

import math
from collections.abc import Callable

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from ..ops import (
    OMNI_ORDERS,
    depthwise_silu,
    gated_norm,
    omni_selective_scan,
)
from .folding import fold_convolutions

#: Of the levels, in pixels.
STRIDES = (8, 16, 32)


class PlainFERYOLOMamba(nn.Module):
    """The whole detector.

    >>> PlainFERYOLOMamba(0.5)(torch.zeros(1, 3, 320, 320))[0].shape
    torch.Size([1, 2100, 4])

    Args:
        widen_factor: Share of YOLOX-l's channels.
        deepen_factor: Share of its bottlenecks.
        num_classes: Number of classes.
    """

    def __init__(
        self,
        widen_factor: float,
        deepen_factor: float = 0.33,
        num_classes: int = 7,
    ) -> None:
        super().__init__()
        channels = [
            math.ceil(c * widen_factor / 8) * 8
            for c in (64, 128, 256, 512, 1024)
        ]
        self.backbone = _Backbone(channels, deepen_factor)
        self.neck = _Neck(*channels[2:])
        self.bbox_head = nn.ModuleDict(
            dict(head_module=_Head(channels[2], num_classes))
        )

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Finds all that might be a face.

        Args:
            pixels: (B, 3, H, W), normalised; H and W are multiples of 32.

        Returns:
            Boxes (B, A, 4), x1 y1 x2 y2 in pixels, and scores of the classes
            (B, A, num_classes), by rising stride and then row by row.
        """
        levels = self.bbox_head['head_module'](self.neck(self.backbone(pixels)))
        boxes, scores = zip(
            *(
                _decoded(*level, stride)
                for level, stride in zip(levels, STRIDES, strict=True)
            ),
            strict=True,
        )
        return torch.cat(boxes, 1), torch.cat(scores, 1)

    def compiled(self) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        """The same, compiled by PyTorch when first called with a shape."""
        return torch.compile(self)


class ConvBN(nn.Module):
    """Convolution, batch normalisation, activation; SiLU by default."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int = 1,
        stride: int = 1,
        activation: type[nn.Module] = nn.SiLU,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, size, stride, size // 2, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=1e-3)
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.bn(self.conv(x)))


class _Backbone(nn.Module):
    """YOLOX's CSPDarknet (arXiv 2107.08430); gives strides 8, 16 and 32."""

    def __init__(self, channels: list[int], deepen_factor: float) -> None:
        super().__init__()
        self.stem = nn.ModuleDict(dict(conv=ConvBN(12, channels[0], 3)))
        for stage, bottlenecks in enumerate((3, 9, 9, 3), 1):
            before, after = channels[stage - 1 : stage + 1]
            is_last = stage == 4
            csp = _CSPLayer(
                after, max(round(bottlenecks * deepen_factor), 1), not is_last
            )
            spp = [_SpatialPyramid(after)] if is_last else []
            layers = nn.Sequential(ConvBN(before, after, 3, 2), *spp, csp)
            self.add_module(f'stage{stage}', layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        # Focus: the four pixels of each 2x2 square, in columns, as channels.
        columns = (x[..., ::2], x[..., 1::2])
        x = torch.cat(
            [part[..., row::2, :] for part in columns for row in (0, 1)], 1
        )
        x = self.stage1(self.stem['conv'](x))
        levels = []
        for stage in (self.stage2, self.stage3, self.stage4):
            x = stage(x)
            levels.append(x)
        return levels


class _CSPLayer(nn.Module):
    def __init__(
        self, channels: int, bottlenecks: int, has_shortcut: bool
    ) -> None:
        super().__init__()
        half = channels // 2
        self.main_conv = ConvBN(channels, half)
        self.short_conv = ConvBN(channels, half)
        self.blocks = nn.Sequential(
            *(_Bottleneck(half, has_shortcut) for _ in range(bottlenecks))
        )
        self.final_conv = ConvBN(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        main = self.blocks(self.main_conv(x))
        return self.final_conv(torch.cat([main, self.short_conv(x)], 1))


class _Bottleneck(nn.Module):
    def __init__(self, channels: int, has_shortcut: bool) -> None:
        super().__init__()
        self.conv1 = ConvBN(channels, channels)
        self.conv2 = ConvBN(channels, channels, 3)
        self.has_shortcut = has_shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.conv1(x))
        return x + y if self.has_shortcut else y


class _SpatialPyramid(nn.Module):
    """The greatest values around each pixel, up to 5, 9 and 13 pixels wide."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = ConvBN(channels, channels // 2)
        self.conv2 = ConvBN(2 * channels, channels)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        pools = [self.conv1(x)]
        for _ in range(3):  # 5 of 5 are 9, 5 of 9 are 13
            pools.append(self.pool(pools[-1]))
        return self.conv2(torch.cat(pools, 1))


class _Neck(nn.Module):
    """As :class:`.fer_yolo_mamba.FERYOLOMambaPAFPN` draws it."""

    def __init__(self, c3: int, c4: int, c5: int) -> None:
        super().__init__()
        self.reduce_layers = nn.ModuleList(
            [nn.Identity(), nn.Identity(), ConvBN(c5, c4)]
        )
        self.top_down_layers = nn.ModuleList(
            [
                nn.Sequential(_VSS(c5, c4), ConvBN(c4, c3)),
                _VSS(c4, c3),
            ]
        )
        self.downsample_layers = nn.ModuleList(
            [ConvBN(c3, c3, 3, 2), ConvBN(c4, c4, 3, 2)]
        )
        self.bottom_up_layers = nn.ModuleList([_VSS(c4, c4), _VSS(c5, c5)])
        self.out_layers = nn.ModuleList(ConvBN(c, c3) for c in (c3, c4, c5))

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        c3, c4, c5 = levels
        n5 = self.reduce_layers[2](c5)
        n4 = self.top_down_layers[0](torch.cat([_twice(n5), c4], 1))
        p3 = self.top_down_layers[1](torch.cat([_twice(n4), c3], 1))
        down3, down4 = self.downsample_layers
        p4 = self.bottom_up_layers[0](torch.cat([down3(p3), n4], 1))
        p5 = self.bottom_up_layers[1](torch.cat([down4(p4), n5], 1))
        return [
            layer(level)
            for layer, level in zip(self.out_layers, (p3, p4, p5), strict=True)
        ]

    def fold_for_inference(self) -> None:
        """As that of :class:`.fer_yolo_mamba.FERYOLOMambaPAFPN`."""
        vss1, cbs1 = self.top_down_layers[0]
        vss1.fuse = fold_convolutions(vss1.fuse, cbs1.conv)
        cbs1.conv = nn.Identity()


class _VSS(nn.Module):
    """As :class:`.fer_yolo_mamba.FERYOLOVSS` with both of its branches."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half = in_channels // 2
        self.frm = _FRM(half)
        self.oss = _OSS(half)
        self.fuse = nn.Conv2d(in_channels, out_channels, 1)
        self.shortcut = in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        left, right = x.chunk(2, dim=1)
        y = self.fuse(torch.cat([self.frm(left), self.oss(right)], dim=1))
        return x + y if self.shortcut else y

    def fold_for_inference(self) -> None:
        """As that of :class:`.fer_yolo_mamba.FERYOLOVSS`."""
        self.fuse = fold_convolutions(self.frm.restore.conv, self.fuse)
        self.frm.restore = nn.Identity()


class _FRM(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        few = max(half // 16, 1)
        self.squeeze = ConvBN(channels, half, activation=nn.ReLU)
        mlp = nn.Sequential(
            nn.Linear(half, few, bias=False),
            nn.ReLU(),
            nn.Linear(few, few, bias=False),
            nn.ReLU(),
            nn.Linear(few, half, bias=False),
            nn.Sigmoid(),
        )
        self.attention = nn.ModuleDict(dict(mlp=mlp))
        self.restore = ConvBN(half, channels, activation=nn.Identity)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)
        weights = self.attention['mlp'](x.mean(dim=(2, 3)))
        return self.restore(x * weights[:, :, None, None])


class _OSS(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.ss = _OmniSS2D(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.ss(gated_norm(x.permute(0, 2, 3, 1), self.norm))
        return x + y.permute(0, 3, 1, 2)


class _OmniSS2D(nn.Module):
    def __init__(self, channels: int, states: int = 16) -> None:
        super().__init__()
        inner, rank = 2 * channels, math.ceil(channels / 16)
        directions = len(OMNI_ORDERS)
        self.split = [rank, states, states]
        self.in_proj = nn.Linear(channels, 2 * inner, bias=False)
        self.conv2d = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(inner, channels, bias=False)
        for name, shape in dict(
            x_proj_weight=(directions, sum(self.split), inner),
            dt_projs_weight=(directions, inner, rank),
            dt_projs_bias=(directions, inner),
            A_logs=(directions * inner, states),
            Ds=(directions * inner,),
        ).items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
        self.register_buffer('rates', None, persistent=False)

    def fold_for_inference(self) -> None:
        """As that of :class:`.mixers.OmniSS2D`."""
        self.rates = self._decay_rates().detach()

    def _decay_rates(self) -> Tensor:
        return -self.A_logs.float().exp()

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, H, W, C) to the same shape."""
        x, z = self.in_proj(x).chunk(2, dim=-1)
        x = depthwise_silu(x, self.conv2d)
        projected = F.linear(x, self.x_proj_weight.flatten(0, 1))
        projected = projected.unflatten(-1, self.x_proj_weight.shape[:2])
        dt, B, C = projected.split(self.split, dim=-1)
        A = self._decay_rates() if self.rates is None else self.rates
        y = omni_selective_scan(
            *(x, dt, A, B, C, self.Ds),
            *(self.dt_projs_weight, self.dt_projs_bias, OMNI_ORDERS),
        )
        return self.out_proj(gated_norm(y, self.out_norm, z))


class _Head(nn.Module):
    """YOLOX's decoupled head: of each level classes, box and objectness."""

    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__()
        for name in ('cls', 'reg'):
            convs = nn.ModuleList(
                nn.Sequential(*(ConvBN(channels, channels, 3) for _ in '12'))
                for _ in STRIDES
            )
            self.add_module(f'multi_level_{name}_convs', convs)
        for name, outputs in (('cls', num_classes), ('reg', 4), ('obj', 1)):
            convs = nn.ModuleList(
                nn.Conv2d(channels, outputs, 1) for _ in STRIDES
            )
            self.add_module(f'multi_level_conv_{name}', convs)

    def forward(
        self, levels: list[Tensor]
    ) -> list[tuple[Tensor, Tensor, Tensor]]:
        results = []
        for i, level in enumerate(levels):
            of_class = self.multi_level_cls_convs[i](level)
            of_box = self.multi_level_reg_convs[i](level)
            results.append(
                (
                    self.multi_level_conv_cls[i](of_class),
                    self.multi_level_conv_reg[i](of_box),
                    self.multi_level_conv_obj[i](of_box),
                )
            )
        return results


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode='nearest')


def _decoded(
    classes: Tensor, offsets: Tensor, objectness: Tensor, stride: int
) -> tuple[Tensor, Tensor]:
    """Boxes and scores of one level, (B, H · W, …)."""
    height, width = classes.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=classes.device),
        torch.arange(width, device=classes.device),
        indexing='ij',
    )
    offsets = offsets.float()
    centre = (offsets[:, :2] + torch.stack([x, y])) * stride
    half = offsets[:, 2:].exp() * (stride / 2)
    boxes = torch.cat([centre - half, centre + half], 1)
    scores = classes.float().sigmoid() * objectness.float().sigmoid()
    return boxes.flatten(2).mT, scores.flatten(2).mT
