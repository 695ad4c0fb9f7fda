"""Faces cut out of one picture and put into another, with their boxes."""

import cv2
import numpy as np

#: Sides of the masks, in pixels; they are scaled with the face.
_MASK_SIDE = 64


def paste_face(
    canvas: np.ndarray,
    crop: np.ndarray,
    face: np.ndarray,
    target: np.ndarray,
    angle: float,
    rng: np.random.Generator,
    *,
    mask: np.ndarray | None = None,
    colours: np.ndarray | None = None,
    keep_colour: bool = False,
) -> np.ndarray:
    """Puts a face into a picture, in place.

    Args:
        canvas: BGR picture (H, W, 3), uint8; changed.
        crop: Picture of a face, (h, w) grey or (h, w, 3) BGR, uint8.
        face: Box of the face in the crop, (x1, y1, x2, y2) in pixels.
        target: Box that the upright face should fill in the canvas; width
            and height are scaled independently.
        angle: Rotation about the middle of the target, in degrees, clockwise.
        rng: Decides the interpolation.
        mask: Opacity (S, S) of the crop in 0..1; opaque by default.
        colours: Table (1, 256, 3) of the BGR colour of each level of a grey
            crop; grey by default.
        keep_colour: Takes only the brightness from the crop, brought to mean
            and spread of what it covers, and the colour from the canvas.

    Returns:
        Box (x1, y1, x2, y2) of the turned face, clipped to the canvas: that of
        the ellipse in its box, as the corners of a face's box are no face.
    """
    scale = (target[2:] - target[:2]) / (face[2:] - face[:2])
    crop, shrunk = shrink(crop, scale.max())
    scale, face = scale / shrunk, face * np.tile(shrunk, 2)
    matrix = _affine(face, target, angle, scale)
    height, width = crop.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]])
    corners = corners @ matrix[:, :2].T + matrix[:, 2]
    limit = canvas.shape[1::-1]
    left, top = np.clip(np.floor(corners.min(0)), 0, limit).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)), 0, limit).astype(int)
    if right <= left or bottom <= top:
        return np.zeros(4, np.float32)
    # Pixel i has its middle at i + 0.5 in these boxes, at i in OpenCV.
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (0.5, 0.5) - (left + 0.5, top + 0.5)
    size = (int(right - left), int(bottom - top))
    flags = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
    warped = cv2.warpAffine(
        crop,
        shifted,
        size,
        flags=flags[rng.integers(3)],
        borderMode=cv2.BORDER_REPLICATE,
    )
    opacity = np.ones((_MASK_SIDE,) * 2, np.float32) if mask is None else mask
    to_crop = np.array([width, height]) / opacity.shape[0]
    opacity = cv2.warpAffine(
        opacity.astype(np.float32),
        np.hstack([shifted[:, :2] * to_crop, _mask_shift(shifted, to_crop)]),
        size,
        flags=cv2.INTER_LINEAR,
    )
    region = canvas[top:bottom, left:right]
    if keep_colour:
        warped = _with_colour_of(region, warped, opacity)
    elif warped.ndim == 2:
        warped = cv2.cvtColor(warped, cv2.COLOR_GRAY2BGR)
        if colours is not None:
            warped = cv2.LUT(warped, colours)
    region[:] = cv2.blendLinear(warped, region, opacity, 1 - opacity)
    return turned_box(target, angle, limit)


def turned_box(
    box: np.ndarray, angle: float, limit: tuple[int, int]
) -> np.ndarray:
    """Bounds the ellipse in a box that turns about its middle.

    Args:
        box: (x1, y1, x2, y2) in pixels.
        angle: In degrees.
        limit: Width and height to clip to.

    Returns:
        (x1, y1, x2, y2), float32.
    """
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    sine, cosine = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
    reach = np.hypot(half * cosine, half[::-1] * sine)
    corners = np.concatenate([middle - reach, middle + reach])
    return np.clip(corners, 0, np.tile(limit, 2)).astype(np.float32)


def random_angle(rng: np.random.Generator, spread: float = 11) -> float:
    """Degrees: mostly small, now and then a tilted head's."""
    return rng.normal(0, 3 * spread if rng.random() < 0.1 else spread)


def turn_matrix(angle: float) -> np.ndarray:
    """(2, 2) that turns (x, y) clockwise, y pointing down, by degrees."""
    sine, cosine = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
    return np.array([[cosine, -sine], [sine, cosine]])


def face_mask(rng: np.random.Generator, face: np.ndarray) -> np.ndarray:
    """Draws the opacity of a crop, so that no kind of edge tells a face.

    Args:
        rng: Decides between a rectangle and an ellipse, and how far the edge
            fades.
        face: The face in the crop, in parts of its side (0..1).

    Returns:
        (64, 64) in 0..1, float32.
    """
    side = _MASK_SIDE
    mask = np.zeros((side, side), np.float32)
    if rng.random() < 0.4:
        margin = int(rng.integers(0, 4))
        mask[margin : side - margin, margin : side - margin] = 1
    else:
        middle = (face[:2] + face[2:]) / 2 * side
        reach = (face[2:] - face[:2]) / 2 * side * rng.uniform(1.0, 1.25, 2)
        cv2.ellipse(
            mask, (tuple(middle), tuple(2 * reach), 0.0), 1.0, -1, cv2.LINE_AA
        )
    if rng.random() < 0.7:
        mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.8, 4))
    return mask


def shrink(image: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Averages pixels before they become fewer, as a camera would.

    Returns:
        The image, smaller where that is worth it, and by what its width and
        height were scaled, (2,).
    """
    if scale >= 0.75:
        return image, np.ones(2)
    height, width = image.shape[:2]
    size = np.maximum(np.round(np.array([width, height]) * scale), 2)
    small = cv2.resize(image, size.astype(int), interpolation=cv2.INTER_AREA)
    return small, size / (width, height)


def _affine(
    face: np.ndarray, target: np.ndarray, angle: float, scale: np.ndarray
) -> np.ndarray:
    linear = turn_matrix(angle) * scale
    source, goal = (face[:2] + face[2:]) / 2, (target[:2] + target[2:]) / 2
    return np.hstack([linear, (goal - linear @ source)[:, None]])


def _mask_shift(shifted: np.ndarray, to_crop: np.ndarray) -> np.ndarray:
    """Where the mask's first pixel lies: its middle is another one."""
    offset = shifted[:, :2] @ (to_crop * 0.5 - 0.5)
    return (shifted[:, 2] + offset)[:, None]


def _with_colour_of(
    region: np.ndarray, warped: np.ndarray, opacity: np.ndarray
) -> np.ndarray:
    if warped.ndim == 3:
        warped = cv2.cvtColor(warped, cv2.COLOR_BGR2GRAY)
    lab = cv2.cvtColor(region, cv2.COLOR_BGR2LAB)
    inside = opacity > 0.5
    if not inside.any():
        return region
    light, there = warped[inside], lab[..., 0][inside]
    gain = np.clip((there.std() + 12) / (light.std() + 12), 0.5, 2)
    level = 0.7 * there.mean() + 0.3 * light.mean()
    lab[..., 0] = np.clip((warped - light.mean()) * gain + level, 0, 255)
    # The colours of what was there, without its features.
    coarse = cv2.resize(lab, (5, 6), interpolation=cv2.INTER_AREA)
    lab[..., 1:] = cv2.resize(coarse, lab.shape[1::-1])[..., 1:]
    return cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)
