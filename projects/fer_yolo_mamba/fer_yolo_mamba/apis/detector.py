"""Photographs in, faces with their expressions out."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..datasets.frames import Frame
from ..datasets.images import to_bgr
from ..errors import InputError
from ..faces import Face
from .readings import (
    Reading,
    calibrated,
    in_photograph,
    letterbox,
    merge_readings,
)
from .results import FERResult
from .sources import One, Source, batches_ahead, frames_of, open_source
from .tracks import FAINT, follow_faces
from .weights import find_weights, open_network, save_weights

if TYPE_CHECKING:
    import torch
    import torch.nn as nn
    from mmengine.config import Config

    from ..visualization import Heatmap
    from .heatmaps import HeatmapMethod

# With its looks: what is looked at, its scales, and its fraction of the side.
_Prepared = tuple[Frame, list[tuple[np.ndarray, tuple[float, float], float]]]


class FERDetector:
    """Finds the faces of pictures and names their expressions.

    >>> detector = FERDetector()
    >>> for result in detector('photo.jpg'):
    ...     print(result)
    photo.jpg: Neutral 0...

    Args:
        weights: A file ``.safetensors`` or ``.onnx``, which describes itself;
            the folder of a run; a checkpoint ``.pth`` with `config`;
            ``owner/name`` of a model on Hugging Face; the file name of ready
            weights that come with the package, of which s are the default.
        device: ``cpu``, ``cuda`` …; a GPU if there is one by default.
        score_thr: Least score of a face, in [0, 1]; by default that of the
            weights file, or 0.5.
        config: Config of a checkpoint: a file, or as
            :func:`~fer_yolo_mamba.engine.config.load_config` returns it; by
            default that of the run in whose folder the checkpoint is.
        sizes: Fractions of the input side in which each picture is looked at;
            by default those of the weights file, or (1.0,). A face is named
            most by that in which it is nearest to 96 pixels high, and by none
            of more than 1.5 where there is a smaller one.
        min_face: Least width and height of a face, in pixels of the picture.
        half: Whether to compute in half precision, on a GPU.
        compile: Whether PyTorch compiles the network, which takes a minute
            at the first picture.

    Attributes:
        network: See :class:`~.network.Network`.
        classes: Names of the expressions.
        input: How a picture becomes the network's input.
        temperature: Divides the logit of every score,
        shift: after this was added to it, one for all classes or one for each.

    Raises:
        InputError: There are no such weights, they are damaged or do not fit,
            a number is out of its range, or there is no such device.
    """

    def __init__(
        self,
        weights: str | PathLike | None = None,
        device: 'str | torch.device | None' = None,
        score_thr: float | None = None,
        *,
        config: 'str | PathLike | Config | None' = None,
        sizes: Sequence[float] | None = None,
        min_face: float = 0,
        half: bool = False,
        compile: bool = False,
    ) -> None:
        if config is not None and weights is None:
            raise InputError(
                'a config without weights: name its checkpoint (.pth).'
            )
        self.weights = find_weights(weights)
        self.network = open_network(
            self.weights, config, device, half=half, compile=compile
        )
        self.classes = self.network.classes
        self.input = self.network.input
        self.temperature = self.network.temperature
        self.shift = self.network.shift
        self.score_thr = (
            self.network.score_thr if score_thr is None else score_thr
        )
        self.min_face = min_face
        sizes = self.network.sizes if sizes is None else sizes
        if not _is_within(self.score_thr, 0, 1):
            raise InputError(
                f'score_thr is {self.score_thr}: give a number from 0 to 1.'
            )
        if not _is_within(min_face, 0, math.inf):
            raise InputError(
                f'min_face is {min_face}: give a number of pixels, 0 or more.'
            )
        if (
            not isinstance(sizes, Sequence)
            or not sizes
            or not all(_is_within(size, 0.05, 4) for size in sizes)
        ):
            raise InputError(
                f'sizes are {sizes}: give fractions of the input side, such as '
                '(1.0, 0.5).'
            )
        self.sizes = tuple(sizes)

    def __call__(
        self,
        source: Source,
        *,
        batch_size: int = 1,
        channels: str = 'BGR',
        every: int = 1,
        track: bool = False,
        keep_images: bool = False,
        on_error: Callable[[InputError], None] | None = None,
    ) -> Iterator[FERResult]:
        """Finds the faces of a picture, of many, of a film or of a camera.

        Results come one after the other, while the next pictures are being
        decoded: nothing is looked at before it is asked for.

        Args:
            source: A path of an image, film or folder, a pattern such as
                ``photos/*.jpg``, an array (H, W, 3) of uint8, a picture of
                Pillow, what an image file holds or the file itself, open in
                mode ``rb``, the number of a camera; or a list of these.
            batch_size: Pictures that the network looks at together.
            channels: Order of an array's channels, ``BGR`` or ``RGB``.
            every: Of films and cameras, each frame whose number is a multiple
                is looked at.
            track: Whether faces of films and cameras are followed, on their
                track kept down to half the least score, and their scores
                smoothed: see :func:`~.tracks.follow_faces`.
            keep_images: Whether results of image files hold their picture, as
                all others do, where it would be read again to be drawn on.
            on_error: Told of what cannot be read, which is then left out. By
                default that is a warning, or the error itself where the
                source is one picture.

        Yields:
            A result for each picture or frame, in their order.

        Raises:
            InputError: The source names nothing, or cannot be read, or the
                library that follows faces is not installed.
        """
        if channels not in ('BGR', 'RGB'):
            raise InputError(f'channels are {channels}: give BGR or RGB.')
        for name, value in (('batch_size', batch_size), ('every', every)):
            if not isinstance(value, Integral) or value < 1:
                raise InputError(
                    f'{name} is {value}: give a whole number, 1 or more.'
                )
        items, is_lone = open_source(source)
        if on_error is None:
            on_error = _raise if is_lone else _warn
        if not callable(on_error):
            raise InputError(f'on_error is {on_error}: give a function.')
        outcomes = self.outcomes(
            items,
            batch_size=batch_size,
            channels=channels,
            every=every,
            keep_images=keep_images,
            film_thr=self.score_thr * (FAINT if track else 1),
        )
        results = _told(outcomes, on_error)
        return follow_faces(results, self.score_thr) if track else results

    def outcomes(
        self,
        items: Iterable[One | InputError],
        *,
        batch_size: int = 1,
        channels: str = 'BGR',
        every: int = 1,
        keep_images: bool = False,
        film_thr: float | None = None,
    ) -> Iterator[tuple[int, FERResult | InputError]]:
        """As a call, for pipelines that keep account of what they hand in.

        >>> for number, outcome in detector.outcomes([content, 'photo.jpg']):
        ...     print(number, outcome)

        Args:
            items: Files, pictures, what image files hold; errors are handed on.
            film_thr: Least score of a face in a frame of a film.

        Yields:
            The number of an item, from 0 and in their order, and a result of
            it or why it cannot be read; of an animation several results, of
            a folder or pattern at least one of each file.
        """
        if film_thr is None:
            film_thr = self.score_thr
        prepared = self._prepared(items, channels, every)
        for batch in batches_ahead(prepared, batch_size):
            whole = [x for _, x in batch if not isinstance(x, InputError)]
            readings = iter(self._read(whole))
            for number, item in batch:
                if isinstance(item, InputError):
                    yield number, item
                    continue
                frame, _ = item
                least = self.score_thr if frame.time is None else film_thr
                result = self._result(frame, next(readings), least, keep_images)
                yield number, result

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
    ) -> tuple[np.ndarray, tuple[float, float]]:
        """Makes the network's input of a picture.

        Args:
            image: (H, W, 3) uint8, BGR.
            size: Fraction of the input side.

        Returns:
            A batch (1, 3, side, side), and how many of its pixels a pixel of
            the picture is, across and down.
        """
        pixels, scale = letterbox(to_bgr(image), self.input, size)
        return pixels[None], scale

    def read(self, image: np.ndarray) -> list[Reading]:
        """All that the network reads in a picture, in each of the sizes.

        Args:
            image: (H, W, 3) uint8, BGR.

        Returns:
            One reading a size, however low its scores.
        """
        (readings,) = self._read([self._prepare(Frame(to_bgr(image)))])
        return readings

    @cached_property
    def model(self) -> 'nn.Module':
        """The network as OpenMMLab's libraries build it, for what looks inside.

        Raises:
            InputError: The network is one of another runtime.
        """
        if not hasattr(self.network, 'openmmlab_detector'):
            raise InputError(
                f'nothing looks inside of {self.weights}: take the weights '
                'that it was exported from.'
            )
        return self.network.openmmlab_detector()

    def save_pretrained(self, folder: str | PathLike) -> Path:
        """Writes weights and card as Hugging Face keeps a model.

        >>> detector.save_pretrained('mine')
        >>> FERDetector('mine')

        Raises:
            InputError: The weights do not describe themselves, or the folder
                has others that would be found in their place, or a page
                that is not their card.
        """
        return save_weights(self.weights, folder)

    def _prepared(
        self, items: Iterable[One | InputError], channels: str, every: int
    ) -> 'Iterator[tuple[int, _Prepared | InputError]]':
        for number, item in enumerate(items):
            for frame in frames_of(item, channels, every):
                if not isinstance(frame, InputError):
                    frame = self._prepare(frame)
                yield number, frame

    def _prepare(self, frame: Frame) -> _Prepared:
        return frame, [
            (*letterbox(frame.image, self.input, size), size)
            for size in self.sizes
        ]

    def _read(self, batch: Sequence[_Prepared]) -> list[list[Reading]]:
        """For each picture a reading in each size."""
        readings = [[] for _ in batch]
        for of_size in zip(*(looks for _, looks in batch), strict=True):
            pixels, scales, sizes = zip(*of_size, strict=True)
            boxes, scores = self.network(np.stack(pixels))
            scores = calibrated(scores, self.temperature, self.shift)
            for i, (frame, _) in enumerate(batch):
                shape = frame.image.shape[:2]
                readings[i].append(
                    in_photograph(
                        boxes[i], scores[i], scales[i], shape, sizes[i]
                    )
                )
        return readings

    def _result(
        self,
        frame: Frame,
        readings: Sequence[Reading],
        score_thr: float,
        keep_image: bool,
    ) -> FERResult:
        boxes, scores = merge_readings(readings, score_thr)
        sides = (boxes[:, 2:] - boxes[:, :2]).min(1, initial=np.inf)
        is_kept = sides >= self.min_face
        height, width = frame.image.shape[:2]
        is_file = frame.source is not None and frame.index is None
        kept = boxes[is_kept].tolist(), scores[is_kept].tolist()
        faces = tuple(
            Face.of_scores(
                tuple(box), dict(zip(self.classes, of_classes, strict=True))
            )
            for box, of_classes in zip(*kept, strict=True)
        )
        return FERResult(
            faces,
            width,
            height,
            frame.source,
            frame.index,
            frame.time,
            None if is_file and not keep_image else frame.image,
        )


def _is_within(value: object, least: float, most: float) -> bool:
    return isinstance(value, Real) and least <= value <= most


def _told(
    outcomes: Iterable[tuple[int, FERResult | InputError]],
    on_error: Callable[[InputError], None],
) -> Iterator[FERResult]:
    """The results alone."""
    for _, outcome in outcomes:
        if isinstance(outcome, InputError):
            on_error(outcome)
        else:
            yield outcome


def _raise(error: InputError) -> None:
    raise error


def _warn(error: InputError) -> None:
    warnings.warn(str(error), stacklevel=3)
