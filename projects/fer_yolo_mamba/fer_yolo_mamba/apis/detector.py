"""Photographs in, faces with their expressions out."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn as nn
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from mmyolo.registry import MODELS

from ..datasets.images import read_image, to_bgr
from ..engine.checkpoints import fuse_for_inference, load_weights
from ..engine.classes import (
    checkpoint_classes,
    follow_classes,
    training_classes,
)
from ..engine.config import load_config
from ..engine.runner import usable_device
from ..engine.weights_file import InputSide, load_described
from ..errors import InputError
from ..expressions import EXPRESSIONS
from ..faces import Face
from .readings import Reading, calibrated, merge_readings

if TYPE_CHECKING:
    from ..visualization import Heatmap
    from .heatmaps import HeatmapMethod

# The more accurate one first.
_READY = ('fer_yolo_mamba_s.safetensors', 'fer_yolo_mamba_n.safetensors')
_READY_FOLDER = Path(__file__).parents[1] / 'weights'
_DEFAULT_SCORE_THR = 0.5
_STRIDE = 32


@dataclass(frozen=True)
class FERResult:
    """The faces of one photograph.

    Attributes:
        faces: By falling score.
        width: Of the photograph, in pixels.
        height: Likewise.
        source: Its file; None for an array.
    """

    faces: tuple[Face, ...]
    width: int
    height: int
    source: str | None = None

    def __str__(self) -> str:
        return f'{self.source or "array"}: {self.found}'

    @property
    def found(self) -> str:
        """Expression and score of every face, in words."""
        return (
            ', '.join(f'{x.expression} {x.score:.2f}' for x in self.faces)
            or 'no face'
        )

    def to_dict(self) -> dict:
        """The result as JSON can hold it."""
        return dict(
            image=self.source,
            width=self.width,
            height=self.height,
            faces=[face.to_dict() for face in self.faces],
        )


class FERDetector:
    """Finds the faces of photographs and names their expressions.

    >>> detector = FERDetector()
    >>> for result in detector('photo.jpg'):
    ...     for face in result.faces:
    ...         print(face.expression, face.score, face.bbox)

    Args:
        weights: A file ``.safetensors``, which describes itself, or with
            `config` a checkpoint ``.pth``. The ready weights that come with
            the package by default.
        device: ``cpu``, ``cuda`` …; a GPU if there is one by default.
        score_thr: Least score of a face, in [0, 1]; by default that of the
            weights file, or 0.5.
        config: Config of a checkpoint: a file, or as
            :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        sizes: Fractions of the input side in which each photograph is looked
            at; by default those of the weights file, or (1.0,). A face is
            named in the one in which it is nearest to 96 pixels high.

    Attributes:
        model: The network, fused for inference.
        classes: Names of the expressions.
        input: How a photograph becomes the network's input.
        temperature: Divides the logit of every score,
        shift: after this was added to it.

    Raises:
        InputError: There are no such weights, they are damaged or do not fit,
            a number is out of its range, or there is no such device.
    """

    def __init__(
        self,
        weights: str | PathLike | None = None,
        device: str | None = None,
        score_thr: float | None = None,
        *,
        config: str | PathLike | Config | None = None,
        sizes: Sequence[float] | None = None,
    ) -> None:
        self.device = usable_device(device)
        if config is None:
            described, model = load_described(weights or ready_weights())
            self.classes = described.classes
            self.input = described.input
            self.temperature = described.temperature
            self.shift = described.shift
            defaults = described.score_thr, described.sizes
        else:
            if weights is None or Path(weights).suffix == '.safetensors':
                raise InputError(
                    f'weights {weights} with a config: name its checkpoint '
                    '(.pth); a .safetensors file needs no config.'
                )
            if not isinstance(config, Config):
                config = load_config(config)
            model, self.classes = _load_checkpoint(config, weights)
            self.input = InputSide.of(config)
            self.temperature, self.shift = 1.0, 0.0
            defaults = _DEFAULT_SCORE_THR, (1.0,)
        self.score_thr = defaults[0] if score_thr is None else score_thr
        self.sizes = tuple(defaults[1] if sizes is None else sizes)
        if not 0 <= self.score_thr <= 1:
            raise InputError(
                f'score_thr is {self.score_thr}: give a number from 0 to 1.'
            )
        if not self.sizes or not all(0.05 <= x <= 4 for x in self.sizes):
            raise InputError(
                f'sizes are {self.sizes}: give fractions of the input side, '
                'such as (1.0, 0.5).'
            )
        self.model = fuse_for_inference(model.to(self.device).eval())

    def __call__(
        self,
        images: str | PathLike | np.ndarray | Sequence,
    ) -> list[FERResult]:
        """Finds the faces of one photograph or of several.

        Args:
            images: A path, an array as `to_bgr` takes it, best (H, W, 3)
                uint8, BGR, or a sequence of paths and arrays.

        Returns:
            One result for each, in their order.

        Raises:
            InputError: A file is missing or no image, or an array is not of
                this kind.
        """
        if isinstance(images, (str, PathLike, np.ndarray)) or not isinstance(
            images, Iterable
        ):
            images = [images]
        return [self._detect(image) for image in images]

    def heatmap(
        self,
        image: str | PathLike | np.ndarray,
        face: Face | None = None,
        method: 'HeatmapMethod | str' = 'gradcam',
    ) -> 'Heatmap':
        """Shows what the network looks at in one photograph.

        >>> heatmap = detector.heatmap('photo.jpg', method='score')
        >>> heatmap.panels['score: any expression'].max()

        Args:
            image: A path or an array, as for a call.
            face: The face whose score is explained, one of those that a call
                finds; by default all of them.
            method: A :class:`HeatmapMethod` or its name: ``gradcam``,
                ``eigencam``, ``score`` or ``receptive_field``.

        Returns:
            Its maps, for :func:`~fer_yolo_mamba.visualization.draw_heatmaps`.

        Raises:
            InputError: There is no such method or face, or the network has no
                scan of which a receptive field could be shown.
        """
        from .heatmaps import HeatmapMethod, explain

        return explain(self, image, face, HeatmapMethod(method))

    def prepare(
        self, image: np.ndarray, size: float = 1.0
    ) -> tuple[torch.Tensor, tuple[float, float]]:
        """Makes the network's input of a photograph.

        Args:
            image: (H, W, 3) uint8, BGR.
            size: Fraction of the input side.

        Returns:
            A batch (1, 3, side, side) on the device, and how many of its
            pixels a pixel of the photograph is, across and down.
        """
        image = to_bgr(image)
        side = self.input.side
        if size != 1:
            side = max(round(side * size / _STRIDE), 1) * _STRIDE
        height, width = image.shape[:2]
        scale = side / max(height, width)
        new_width = max(int(width * scale + 0.5), 1)
        new_height = max(int(height * scale + 0.5), 1)
        square = np.full((side, side, 3), self.input.padding, np.uint8)
        square[:new_height, :new_width] = cv2.resize(
            np.ascontiguousarray(image), (new_width, new_height)
        )
        if self.input.channels == 'RGB':
            square = square[..., ::-1]
        pixels = torch.from_numpy(np.ascontiguousarray(square))
        pixels = pixels.to(self.device).permute(2, 0, 1)[None].float()
        mean, std = (
            pixels.new_tensor(values).view(1, 3, 1, 1)
            for values in (self.input.mean, self.input.std)
        )
        return (pixels - mean) / std, (new_width / width, new_height / height)

    @torch.no_grad()
    def read(self, image: np.ndarray) -> list[Reading]:
        """All that the network reads in a photograph, in each of the sizes.

        Args:
            image: (H, W, 3) uint8, BGR.

        Returns:
            One reading a size, however low its scores.
        """
        readings = []
        for size in self.sizes:
            batch, scale = self.prepare(image, size)
            sample = DetDataSample(
                metainfo=dict(
                    ori_shape=image.shape[:2],
                    img_shape=tuple(batch.shape[2:]),
                    batch_input_shape=tuple(batch.shape[2:]),
                    scale_factor=scale,
                )
            )
            (sample,) = self.model.predict(batch, [sample], rescale=True)
            found = sample.pred_instances
            readings.append(
                Reading(
                    found.bboxes,
                    calibrated(found.scores, self.temperature, self.shift),
                    found.labels.long(),
                    min(scale),
                )
            )
        return readings

    def _detect(self, image: str | PathLike | np.ndarray) -> FERResult:
        source = None
        if isinstance(image, (str, PathLike)):
            source = fspath(image)
            image = read_image(image)
        image = to_bgr(image)
        boxes, scores = merge_readings(
            self.read(image), len(self.classes), self.score_thr
        )
        height, width = image.shape[:2]
        return FERResult(
            tuple(
                _face(box, of_classes, self.classes)
                for box, of_classes in zip(
                    boxes.tolist(), scores.tolist(), strict=True
                )
            ),
            width,
            height,
            source,
        )


def ready_weights() -> Path:
    """The weights file that comes with the package.

    Raises:
        InputError: There is none.
    """
    for name in _READY:
        if (_READY_FOLDER / name).is_file():
            return _READY_FOLDER / name
    raise InputError(
        f'there are no ready weights in {_READY_FOLDER}: put {_READY[0]} '
        'there, name a weights file, or train (tools/train.py) and write one '
        'with tools/convert_checkpoint.py.'
    )


def _load_checkpoint(
    config: Config, checkpoint: str | PathLike
) -> tuple[nn.Module, tuple[str, ...]]:
    with DefaultScope.overwrite_default_scope(
        config.get('default_scope', 'mmyolo')
    ):
        model = MODELS.build(config.model)
    meta = load_weights(model, checkpoint)
    classes = checkpoint_classes(meta, checkpoint)
    if classes is None:
        return model, training_classes(config) or EXPRESSIONS
    if told := follow_classes(copy.deepcopy(config), classes, str(checkpoint)):
        print_log(told, logger='current')
    return model, classes


def _face(
    box: list[float], scores: list[float], classes: tuple[str, ...]
) -> Face:
    best = max(range(len(classes)), key=scores.__getitem__)
    return Face(
        tuple(box),
        classes[best],
        scores[best],
        dict(zip(classes, scores, strict=True)),
    )
