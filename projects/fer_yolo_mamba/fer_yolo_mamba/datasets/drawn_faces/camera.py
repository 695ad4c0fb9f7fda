"""What lamp and camera do to a picture."""

from __future__ import annotations

import cv2
import numpy as np


def photograph(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Uneven light, a tint, gamma, a little blur and noise.

    Args:
        rng: decides how much of each.
        image: (H, W, 3) uint8.

    Returns:
        A new (H, W, 3) uint8.
    """
    height, width = image.shape[:2]
    light = image.astype(np.float32) / 255
    corners = rng.uniform(0.74, 1.06, (2, 2)).astype(np.float32)
    field = cv2.resize(corners, (width, height))
    tint = rng.normal(1, 0.03, 3).astype(np.float32)
    light *= field[..., None] * tint
    gamma = float(np.exp(rng.normal(0.03, 0.12)))
    light = cv2.pow(light, gamma)
    if rng.random() < 0.3:
        light = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.4, 0.9))
    if rng.random() < 0.6:
        grain = rng.standard_normal(light.shape, dtype=np.float32)
        light += grain * np.float32(rng.uniform(0.004, 0.02))
    return np.clip(255 * light + 0.5, 0, 255).astype(np.uint8)
