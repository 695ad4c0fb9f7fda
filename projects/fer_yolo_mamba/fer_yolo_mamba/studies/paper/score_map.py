"""Where in a photograph a detector sees an expression."""

import cv2
import numpy as np
import torch
import torch.nn as nn
from torch.nn.functional import interpolate

from ...engine.config import TestPipeline

_JET_SHARE = 0.5


@torch.no_grad()
def score_map(detector: nn.Module, image: np.ndarray) -> np.ndarray:
    """The score with which each place would name its best expression.

    The paper does not say what its heatmaps show (Section IV-F); this is the
    product of objectness and the best class's probability, at each place the
    greatest of the three levels.

    Args:
        detector: From :func:`~fer_yolo_mamba.apis.load_detector`, with
            YOLOX's head.
        image: (H, W, 3) uint8, BGR.

    Returns:
        (H, W) float32 in [0, 1].
    """
    pipeline = TestPipeline.of(detector.cfg).for_arrays()
    packed = pipeline(dict(img=image, img_id=0))
    batch = detector.data_preprocessor(
        dict(inputs=[packed['inputs']], data_samples=[packed['data_samples']])
    )
    levels = detector.bbox_head(detector.extract_feat(batch['inputs']))
    classes, _, objectness = levels
    scores = [
        interpolate(
            of_class.sigmoid().amax(1, keepdim=True) * face.sigmoid(),
            size=batch['inputs'].shape[2:],
            mode='bilinear',
        )
        for of_class, face in zip(classes, objectness, strict=True)
    ]
    padded = torch.stack(scores).amax(0)[0, 0].float().cpu().numpy()
    # The pipeline pads on the right and below, after scaling.
    height, width = image.shape[:2]
    across, down = packed['data_samples'].scale_factor
    inside = padded[: round(height * down), : round(width * across)]
    return cv2.resize(inside, (width, height))


def overlay(image: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """A score map in colours, from blue (0) to red (1), over its photograph.

    Args:
        image: (H, W, 3) uint8, BGR.
        scores: (H, W) in [0, 1].

    Returns:
        (H, W, 3) uint8, BGR.
    """
    levels = np.round(255 * scores).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_JET)
    return cv2.addWeighted(image, 1 - _JET_SHARE, colours, _JET_SHARE, 0)
