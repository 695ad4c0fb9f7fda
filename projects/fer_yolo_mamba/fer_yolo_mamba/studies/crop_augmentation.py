"""Faces of crops on the device, each time in another place, colour and light.

What `PastedFaces` does to one crop on a processor is done to thousands at once
on a GPU, with a face that nearly fills its picture.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

# Pixels of the square of a backdrop that is looked at, whatever the picture.
_WINDOW = (48, 97)


class FacePictures:
    """Small pictures of one face each.

    >>> pictures = FacePictures(crops, backdrops)
    >>> pictures.draw(torch.tensor([3, 3, 8]), side=64).shape
    torch.Size([3, 3, 64, 64])

    torch's generators decide: the same seed gives the same pictures.

    Args:
        crops: (N, S, S) grey, uint8.
        backdrops: (M, 3, T, T) BGR, uint8, T at least 96; without faces, on
            the same device.
    """

    def __init__(self, crops: Tensor, backdrops: Tensor) -> None:
        self._crops, self._backdrops = crops, backdrops

    def draw(self, which: Tensor, side: int) -> Tensor:
        """Makes a picture of each of some crops.

        Args:
            which: (B,) indices of crops.
            side: Width and height of a picture in pixels.

        Returns:
            (B, 3, side, side) BGR, from 0 to 255, float32, channels last.
        """
        n, device = len(which), which.device
        crops = self._crops[which][:, None].float() / 255
        grid = sampling_grid(_random_placements(n, device), side)
        mode = 'bicubic' if torch.rand(()) < 0.7 else 'bilinear'
        faces = sample(crops, grid, mode).clamp(0, 1)
        faces = faces ** torch.exp(0.25 * _normal(n, device))
        is_grey = _rand(n, device) < 0.4
        faces = faces * torch.where(is_grey, 1.0, _colours(n, device))
        behind = self._behind(n, side, is_grey)
        images = torch.lerp(behind, faces, _opacity(grid))
        contrast = _rand(n, device, 0.75, 1.25)
        images = (images - 0.5) * contrast + 0.5 + _rand(n, device, -0.12, 0.12)
        if torch.rand(()) < 0.35:
            images = _fewer_pixels(images)
        strength = _rand(n, device, 0, 0.06) * (_rand(n, device) < 0.4)
        images = images + torch.randn_like(images) * strength
        images = _partly_hidden(images).clamp(0, 1) * 255
        return images.contiguous(memory_format=torch.channels_last)

    def _behind(self, n: int, side: int, is_grey: Tensor) -> Tensor:
        """Windows of backdrops, or one colour: (n, 3, side, side)."""
        device = self._backdrops.device
        width = int(torch.randint(*_WINDOW, ()))
        room = self._backdrops.shape[-1] - width + 1
        x, y = torch.randint(room, (2,)).tolist()
        which = torch.randint(len(self._backdrops), (n,), device=device)
        windows = self._backdrops[which, :, y : y + width, x : x + width]
        windows = F.interpolate(
            windows.float() / 255, size=side, mode='bilinear'
        )
        wall = torch.rand((n, 3, 1, 1), device=device)
        windows = torch.where(_rand(n, device) < 0.35, wall, windows)
        return torch.where(is_grey, windows.mean(1, keepdim=True), windows)


def placements(
    angle: Tensor, zoom: Tensor, stretch: Tensor, mirror: Tensor, shift: Tensor
) -> Tensor:
    """Where in its crop a point of a picture comes from.

    Points are (x, y) from -1 to 1, from the upper left to the lower right.

    Args:
        angle: (B,) radians that a crop turns clockwise.
        zoom: (B,), above 1 for a larger face.
        stretch: (B,), above 1 for a narrower and higher face.
        mirror: (B,), -1 for a mirrored crop, else 1.
        shift: (B, 2) point of the crop that is in the picture's middle.

    Returns:
        (B, 2, 3), as `torch.nn.functional.affine_grid` takes them.
    """
    cosine, sine = angle.cos() / zoom, angle.sin() / zoom
    x = torch.stack([mirror * cosine * stretch, mirror * sine, shift[:, 0]], 1)
    y = torch.stack([-sine, cosine / stretch, shift[:, 1]], 1)
    return torch.stack([x, y], 1)


def sampling_grid(placed: Tensor, side: int) -> Tensor:
    """The point of a crop for each pixel: (B, side, side, 2)."""
    size = (len(placed), 1, side, side)
    return F.affine_grid(placed, size, align_corners=False)


def sample(crops: Tensor, grid: Tensor, mode: str) -> Tensor:
    """Takes crops (B, 1, S, S) at points; around them they are reflected."""
    return F.grid_sample(
        crops, grid, mode=mode, padding_mode='reflection', align_corners=False
    )


def _random_placements(n: int, device: torch.device) -> Tensor:
    flat = (n,)
    mirror = torch.rand(flat, device=device) < 0.5
    return placements(
        angle=0.2 * torch.randn(flat, device=device),
        zoom=torch.empty(flat, device=device).uniform_(-0.45, 0.12).exp(),
        stretch=torch.exp(0.07 * torch.randn(flat, device=device)),
        mirror=1 - 2 * mirror.float(),
        shift=torch.empty((n, 2), device=device).uniform_(-0.16, 0.16),
    )


def _opacity(grid: Tensor) -> Tensor:
    """1 within a crop's rounded edge, 0 outside: (B, 1, side, side)."""
    n, device = len(grid), grid.device
    # An ellipse nearly, or a rectangle nearly.
    power = torch.where(_rand(n, device) < 0.5, 2.5, 8.0)
    fading = _rand(n, device, 0.02, 0.25)
    points = grid.abs().permute(0, 3, 1, 2) / _rand(n, device, 0.85, 1.0)
    radius = (points**power).sum(1, keepdim=True).clamp(min=1e-6) ** (1 / power)
    opacity = ((1 - radius) / fading).clamp(0, 1)
    is_whole = _rand(n, device) < 0.25
    return torch.where(is_whole, 1.0, opacity)


def _colours(n: int, device: torch.device) -> Tensor:
    """Of skin more often than not: (n, 3, 1, 1), BGR."""
    red = _rand(n, device, 0.85, 1.1)
    green = red * _rand(n, device, 0.68, 0.95)
    skin = torch.cat([green * _rand(n, device, 0.65, 1.0), green, red], 1)
    other = torch.empty((n, 3, 1, 1), device=device).uniform_(0.55, 1.0)
    return torch.where(_rand(n, device) < 0.7, skin, other)


def _fewer_pixels(images: Tensor) -> Tensor:
    side = images.shape[-1]
    part = float(torch.empty(()).uniform_(0.25, 0.8))
    few = F.interpolate(images, size=max(16, int(side * part)), mode='area')
    return F.interpolate(few, size=side, mode='bicubic')


def _partly_hidden(images: Tensor) -> Tensor:
    """Puts something flat on some of the faces."""
    n, side, device = len(images), images.shape[-1], images.device
    middles = (torch.arange(side, device=device) + 0.5) / side
    x, y = middles[None, None, None, :], middles[None, None, :, None]
    is_in_width = (x - _rand(n, device)).abs() < _rand(n, device, 0.05, 0.2)
    is_in_height = (y - _rand(n, device)).abs() < _rand(n, device, 0.05, 0.2)
    is_hidden = is_in_width & is_in_height & (_rand(n, device) < 0.2)
    colour = torch.rand((n, 3, 1, 1), device=device)
    return torch.where(is_hidden, colour, images)


def _rand(
    n: int, device: torch.device, low: float = 0.0, high: float = 1.0
) -> Tensor:
    """A number for each picture: (n, 1, 1, 1)."""
    return torch.empty((n, 1, 1, 1), device=device).uniform_(low, high)


def _normal(n: int, device: torch.device) -> Tensor:
    return torch.randn((n, 1, 1, 1), device=device)
