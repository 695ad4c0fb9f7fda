"""What cameras and files do to a picture, drawn at random."""

import functools

import cv2
import numpy as np

_BANK_SIDE = 1024


def degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Changes light, colour, sharpness, grain and compression of a picture.

    >>> degrade(image, np.random.default_rng(0)).shape == image.shape
    True

    Args:
        image: BGR (H, W, 3), uint8.
        rng: Decides which changes, and how strong.

    Returns:
        A new picture of the same shape.
    """
    for change, probability in _CHANGES:
        if rng.random() < probability:
            image = change(image, rng)
    return image


def _light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    # Each colour has nearly the same curve.
    gamma = rng.uniform(-0.5, 0.5, 3) * 0.15 + rng.uniform(-0.5, 0.5)
    levels = np.linspace(0, 1, 256)[:, None] ** np.exp(gamma)
    contrast, level = rng.uniform(0.55, 1.25), rng.uniform(-0.12, 0.12)
    levels = (levels - 0.5) * contrast + 0.5 + level
    levels *= rng.uniform(0.92, 1.08, 3)
    table = np.clip(levels * 255, 0, 255).astype(np.uint8)[None]
    return cv2.LUT(image, table)


def _grey(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def _colour(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + rng.integers(-8, 9)) % 180
    hsv[..., 1] = cv2.convertScaleAbs(hsv[..., 1], alpha=rng.uniform(0.4, 1.5))
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


def _fewer_pixels(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    part = rng.uniform(0.3, 0.9)
    small = cv2.resize(
        image,
        (max(int(width * part), 1), max(int(height * part), 1)),
        interpolation=cv2.INTER_AREA,
    )
    back = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(2)]
    return cv2.resize(small, (width, height), interpolation=back)


def _blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.7:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    length = int(rng.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    ends = rng.integers(0, length, (2, 2))
    cv2.line(kernel, tuple(map(int, ends[0])), tuple(map(int, ends[1])), 1)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def _sharpen(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 2.5))
    amount = rng.uniform(0.3, 1.5)
    return cv2.addWeighted(image, 1 + amount, soft, -amount, 0)


def _grain(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    bank = _grain_bank(rng.integers(2) == 0)
    top = rng.integers(_BANK_SIDE - min(height, _BANK_SIDE) + 1)
    left = rng.integers(_BANK_SIDE - min(width, _BANK_SIDE) + 1)
    grain = bank[top : top + height, left : left + width]
    if grain.shape != image.shape:
        grain = cv2.resize(grain, (width, height))
    strength = rng.uniform(0.05, 0.6)
    # The bank is centred on 128, so that bytes hold negative grain, too.
    return cv2.addWeighted(image, 1, grain, strength, -128 * strength)


@functools.lru_cache(2)
def _grain_bank(coloured: bool) -> np.ndarray:
    """Gaussian grain of spread 32 about 128: drawing it anew is slow."""
    shape = (_BANK_SIDE, _BANK_SIDE, 3 if coloured else 1)
    grain = np.random.default_rng(0).normal(128, 32, shape)
    grain = np.clip(grain, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(grain, (*shape[:2], 3)))


def _compress(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    quality = int(rng.integers(25, 96))
    _, code = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.imdecode(code, cv2.IMREAD_COLOR)


_CHANGES = (
    (_colour, 0.4),
    (_light, 0.8),
    (_grey, 0.4),
    (_fewer_pixels, 0.15),
    (_blur, 0.15),
    (_sharpen, 0.15),
    (_grain, 0.35),
    (_compress, 0.3),
)
