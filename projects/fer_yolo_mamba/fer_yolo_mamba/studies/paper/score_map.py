"""Where in a photograph a detector sees an expression."""

import cv2
import numpy as np
import torch
from torch.nn.functional import interpolate

from ...apis import FERDetector

_JET_SHARE = 0.5


@torch.no_grad()
def score_map(detector: FERDetector, image: np.ndarray) -> np.ndarray:
    """The score with which each place would name its best expression.

    The paper does not say what its heatmaps show (Section IV-F); this is the
    product of objectness and the best class's probability, at each place the
    greatest of the three levels.

    Args:
        detector: One with YOLOX's head.
        image: (H, W, 3) uint8, BGR.

    Returns:
        (H, W) float32 in [0, 1].
    """
    batch, (across, down) = detector.prepare(image)
    model = detector.model
    levels = model.bbox_head(model.extract_feat(batch))
    classes, _, objectness = levels
    scores = [
        interpolate(
            of_class.sigmoid().amax(1, keepdim=True) * face.sigmoid(),
            size=batch.shape[2:],
            mode='bilinear',
        )
        for of_class, face in zip(classes, objectness, strict=True)
    ]
    padded = torch.stack(scores).amax(0)[0, 0].float().cpu().numpy()
    # Padding is on the right and below, after scaling.
    height, width = image.shape[:2]
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
