"""Why a detector says what it says of a photograph, as heatmaps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from os import PathLike
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..datasets.images import read_image, to_bgr
from ..errors import InputError
from ..faces import Face
from ..models.heatmaps import eigen_cam, grad_cam, over_input, score_maps
from ..models.receptive_field import direction_gradients, finest_scan
from ..visualization import Heatmap
from .readings import calibrated, say_in_name

if TYPE_CHECKING:
    from .detector import FERDetector

# A receptive field falls off by many powers of ten; so many are shown.
_DECADES = 4
_EPS = 1e-12


class HeatmapMethod(Enum):
    """What a heatmap shows; the value is the name by which it is asked for.

    ``GRADCAM`` shows what in the neck's maps speaks for the faces' scores,
    ``EIGENCAM`` what stands out in these maps, whatever the head makes of it,
    ``SCORE`` the scores of the head, cell by cell, and ``RECEPTIVE_FIELD``
    how much each pixel that the network's finest scan reads moves what it
    writes at a face's centre, direction by direction.

    Attributes:
        legend: What the values of its maps are.

    Raises:
        InputError: No method has this name.
    """

    GRADCAM = 'gradcam', 'speaks for the score (1: the most)'
    EIGENCAM = 'eigencam', 'first component of the maps (1: the most)'
    SCORE = 'score', 'score of the face predicted here'
    RECEPTIVE_FIELD = (
        'receptive_field',
        f'effect on the pixel, from $10^{{-{_DECADES}}}$ of the most (0) to '
        'the most (1)',
    )

    def __new__(cls, name: str, legend: str):
        """A member whose value is its name alone."""
        method = object.__new__(cls)
        method._value_ = name
        method.legend = legend
        return method

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise InputError(
            f'there is no method of heatmaps {value!r}: choose from '
            f'{", ".join(method.value for method in cls)}.'
        )


def explain(
    detector: FERDetector,
    image: str | PathLike | np.ndarray,
    face: Face | None,
    method: HeatmapMethod,
) -> Heatmap:
    """See :meth:`FERDetector.heatmap`."""
    if isinstance(image, (str, PathLike)):
        image = read_image(os.path.expanduser(image))
    image = to_bgr(image)
    (result,) = detector(image)
    if face is not None and not isinstance(face, Face):
        raise InputError(
            f'the face is of type {type(face).__name__}: give one of the '
            "result's faces."
        )
    if face and face.expression not in detector.classes:
        raise InputError(
            f'the face is {face.expression}, which the detector does not '
            f'know: give one of {", ".join(detector.classes)}.'
        )
    faces = (face,) if face else result.faces
    sizes = [_Size.of(detector, image, size) for size in detector.sizes]
    if method is HeatmapMethod.GRADCAM:
        panels = {'Grad-CAM': _grad_cam(detector, sizes, faces)}
    elif method is HeatmapMethod.EIGENCAM:
        panels = {'EigenCAM': _eigen_cam(sizes[0])}
    elif method is HeatmapMethod.SCORE:
        what = face.expression if face else 'any expression'
        panels = {f'score: {what}': _score(detector, sizes, face)}
    else:
        panels = _receptive_field(detector, sizes[0], faces)
    panels = {
        title: values.cpu().float().numpy() for title, values in panels.items()
    }
    return Heatmap(panels, method.legend, result.faces)


@dataclass(frozen=True, eq=False)
class _Size:
    """A photograph as the network looks at it in one size.

    Attributes:
        size: Fraction of the input side.
        batch: The network's input, (1, 3, side, side).
        scale: Pixels of the input that one of the photograph's is, across
            and down.
        shape: Height and width of the part of the input that is photograph.
        maps: Of the neck, (1, channels, h, w) of each level.
        scores: (classes, h, w) of each level, as the head gives them.
    """

    size: float
    batch: Tensor
    scale: tuple[float, float]
    shape: tuple[int, int]
    maps: list[Tensor]
    scores: list[Tensor]

    @classmethod
    def of(cls, detector: FERDetector, image: np.ndarray, size: float) -> _Size:
        model = detector.model  # first: it says if there is nothing inside
        pixels, scale = detector.prepare(image, size)
        batch = torch.from_numpy(pixels).to(detector.network.device)
        height, width = image.shape[:2]
        shape = round(height * scale[1]), round(width * scale[0])
        with torch.no_grad():
            maps = model.extract_feat(batch)
        with torch.enable_grad():
            maps = [level.detach().requires_grad_() for level in maps]
            scores = score_maps(model.bbox_head, maps)
            # Of the anchors of a cell, the surest.
            scores = [level[0].amax(0) for level in scores]
        return cls(size, batch, scale, shape, maps, scores)

    def photograph(
        self, levels: Sequence[Tensor], mode: str = 'bilinear'
    ) -> Tensor:
        """Maps (h, w) over the input as (levels, h, w) over the photograph."""
        height, width = self.shape
        maps = over_input(levels, tuple(self.batch.shape[2:]), mode)
        return maps[:, :height, :width]


def _grad_cam(
    detector: FERDetector, sizes: Sequence[_Size], faces: Sequence[Face]
) -> Tensor:
    """Each face's own, the greatest counts; nothing speaks for no face."""
    maps = [torch.zeros(sizes[0].shape, device=sizes[0].batch.device)]
    for face in faces:
        size, score = _find(detector, sizes, face)
        cam = size.photograph(grad_cam(size.maps, score)).sum(0)
        maps.append(_resized(_share(cam), sizes[0]))
    return torch.stack(maps).amax(0)


def _eigen_cam(size: _Size) -> Tensor:
    return _share(size.photograph(eigen_cam(size.maps)).mean(0))


def _score(
    detector: FERDetector, sizes: Sequence[_Size], face: Face | None
) -> Tensor:
    """Of the face's expression, or the greatest of all."""
    maps = []
    for size in sizes:
        levels = [_calibrated(level, detector) for level in size.scores]
        if face:
            label = detector.classes.index(face.expression)
            levels = [level[label] for level in levels]
        else:
            levels = [level.amax(0) for level in levels]
        maps.append(_resized(size.photograph(levels).amax(0), sizes[0]))
    return torch.stack(maps).amax(0)


def _receptive_field(
    detector: FERDetector, size: _Size, faces: Sequence[Face]
) -> dict[str, Tensor]:
    """Of the first face's centre, or without one the photograph's.

    Each direction stands above the one that goes back.
    """
    layer, x = finest_scan(detector.model, size.batch)
    height, width = size.shape
    column, row = width / 2, height / 2
    if faces:
        x1, y1, x2, y2 = faces[0].bbox
        column = min(max((x1 + x2) / 2 * size.scale[0], 0), width - 1)
        row = min(max((y1 + y2) / 2 * size.scale[1], 0), height - 1)
    pixel = (
        int(row * x.shape[1] / size.batch.shape[2]),
        int(column * x.shape[2] / size.batch.shape[3]),
    )
    gradients = direction_gradients(layer, x, pixel)
    effects = torch.stack([gradients.sum(0), *gradients]).abs().sum(-1)
    effects = _share(effects).clamp(min=_EPS)
    shown = (1 + effects.log10() / _DECADES).clamp(min=0)
    whole, *directions = size.photograph(list(shown), 'nearest')
    by_title = [
        (order.value.replace('_', ' '), values, order.path.is_reversed)
        for order, values in zip(layer.orders, directions, strict=True)
    ]
    return {
        **{title: x for title, x, is_reversed in by_title if not is_reversed},
        'all directions': whole,
        **{title: x for title, x, is_reversed in by_title if is_reversed},
    }


def _find(
    detector: FERDetector, sizes: Sequence[_Size], face: Face
) -> tuple[_Size, Tensor]:
    """The size that says most of a face's name, and the face's score there.

    It is that of the surest cell in and around the face's box.
    """
    label = detector.classes.index(face.expression)
    height = face.bbox[3] - face.bbox[1]
    found = []
    for size in sizes:
        say = say_in_name(height, min(size.scale), size.size)
        for level in size.scores:
            said = _calibrated(level, detector)[label].flatten()
            said[~_near(face, size, level.shape[1:])] = -1
            best = said.argmax()
            score = level[label].flatten()[best]
            found.append((say * said[best].item(), size, score))
    most, size, score = max(found, key=lambda found: found[0])
    if most < 0:
        raise InputError(
            f'the face at {face.bbox} is not in the photograph: give one that '
            'the detector found in it.'
        )
    return size, score


def _near(face: Face, size: _Size, shape: tuple[int, int]) -> Tensor:
    """Which cells (h * w,) lie in the face's box or next to it."""
    inside = []
    for axis, count in ((1, shape[0]), (0, shape[1])):
        stride = size.batch.shape[3 - axis] / count
        centres = torch.arange(count, device=size.batch.device) + 0.5
        low, high = (
            face.bbox[corner] * size.scale[axis] / stride
            for corner in (axis, axis + 2)
        )
        inside.append((centres >= low - 1) & (centres <= high + 1))
    return (inside[0][:, None] & inside[1]).flatten()


def _calibrated(scores: Tensor, detector: FERDetector) -> Tensor:
    """Scores (classes, h, w) as the detector says them."""
    values = calibrated(
        scores.detach().cpu().numpy().transpose(1, 2, 0),
        detector.temperature,
        detector.shift,
    )
    return torch.as_tensor(values, device=scores.device).permute(2, 0, 1)


def _share(values: Tensor) -> Tensor:
    return values / values.max().clamp(min=_EPS)


def _resized(values: Tensor, like: _Size) -> Tensor:
    return F.interpolate(values[None, None], like.shape, mode='bilinear')[0, 0]
