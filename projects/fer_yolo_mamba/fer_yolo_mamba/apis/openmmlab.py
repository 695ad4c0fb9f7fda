"""Detectors that OpenMMLab's libraries build, called as the plain one is."""

import copy
from collections.abc import Mapping
from os import PathLike

import torch
import torch.nn as nn
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from mmyolo.registry import MODELS
from torch import Tensor

from ..engine.checkpoints import fuse_for_inference, load_weights
from ..engine.classes import (
    checkpoint_classes,
    follow_classes,
    training_classes,
)
from ..engine.weights_file import load_described
from ..expressions import EXPRESSIONS


class OpenMMLabDetector(nn.Module):
    """Any detector of mmdet or mmyolo.

    What it finds has passed its own non-maximum suppression, so that every
    box has a score for one class and zeros for the others.

    Args:
        detector: For evaluation; it is fused for inference.
        num_classes: Number of its classes.
    """

    def __init__(self, detector: nn.Module, num_classes: int) -> None:
        super().__init__()
        self.detector = fuse_for_inference(detector.eval())
        self.num_classes = num_classes

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`..models.plain.PlainFERYOLOMamba.forward`."""
        shape = tuple(pixels.shape[2:])
        samples = [
            DetDataSample(
                metainfo=dict(
                    ori_shape=shape,
                    img_shape=shape,
                    batch_input_shape=shape,
                    scale_factor=(1.0, 1.0),
                )
            )
            for _ in pixels
        ]
        found = [
            sample.pred_instances
            for sample in self.detector.predict(pixels, samples, rescale=False)
        ]
        most = max(len(instances) for instances in found)
        boxes = pixels.new_zeros(len(found), most, 4)
        scores = pixels.new_zeros(len(found), most, self.num_classes)
        for index, instances in enumerate(found):
            rows = torch.arange(len(instances), device=pixels.device)
            boxes[index, rows] = instances.bboxes.to(boxes.dtype)
            scores[index, rows, instances.labels.long()] = instances.scores.to(
                scores.dtype
            )
        return boxes, scores


def described_detector(path: str | PathLike) -> OpenMMLabDetector:
    """The detector of a weights file.

    Raises:
        InputError: See :func:`~..engine.weights_file.load_described`.
    """
    description, model = load_described(path)
    return OpenMMLabDetector(model, len(description.classes))


def checkpoint_detector(
    config: Config, checkpoint: str | PathLike
) -> tuple[OpenMMLabDetector, Mapping[str, Tensor], tuple[str, ...]]:
    """The detector of a config, its weights before fusion, and its classes.

    Raises:
        InputError: See :func:`~..engine.checkpoints.load_weights`.
    """
    with DefaultScope.overwrite_default_scope(
        config.get('default_scope', 'mmyolo')
    ):
        model = MODELS.build(config.model)
    meta = load_weights(model, checkpoint)
    classes = checkpoint_classes(meta, checkpoint)
    if classes is None:
        classes = training_classes(config) or EXPRESSIONS
    elif told := follow_classes(
        copy.deepcopy(config), classes, str(checkpoint)
    ):
        print_log(told, logger='current')
    # Before fusion, which changes the detector.
    weights = copy.deepcopy(model.state_dict())
    return OpenMMLabDetector(model, len(classes)), weights, classes
