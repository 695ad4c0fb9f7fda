"""Faces drawn on their photograph."""

from collections.abc import Iterable

import cv2
import numpy as np

from ..expressions import EXPRESSIONS, PALETTE

_COLOURS = dict(zip(EXPRESSIONS, PALETTE, strict=True))
_OTHER = (255, 255, 255)


def draw_faces(image: np.ndarray, faces: Iterable) -> np.ndarray:
    """Draws boxes with the expression and its score.

    Args:
        image: (H, W, 3) uint8, BGR.
        faces: Objects with ``bbox`` (x1, y1, x2, y2), ``expression`` and
            ``score``, such as :class:`~fer_yolo_mamba.apis.Face`; the score
            of an annotated face is None.

    Returns:
        A new image of the same shape.
    """
    canvas = image.copy()
    height, width = canvas.shape[:2]
    thickness = max(round(min(height, width) / 250), 1)
    scale = max(min(height, width) / 900, 0.4)
    # Small faces last, so that their labels stay readable.
    for face in sorted(faces, key=_area, reverse=True):
        rgb = _COLOURS.get(face.expression, _OTHER)
        colour = rgb[::-1]
        x1, y1, x2, y2 = (round(value) for value in face.bbox)
        cv2.rectangle(
            canvas, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA
        )

        text = face.expression
        if face.score is not None:
            text += f' {face.score:.2f}'
        (text_width, text_height), _ = cv2.getTextSize(
            text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness
        )
        margin = max(text_height // 3, 2)
        left = min(max(x1, 0), max(width - text_width - 2 * margin, 0))
        # Above the box where there is room, else inside at its top.
        bottom = (
            y1
            if y1 > text_height + 2 * margin
            else (max(y1, 0) + text_height + 2 * margin)
        )
        cv2.rectangle(
            canvas,
            (left, bottom - text_height - 2 * margin),
            (left + text_width + 2 * margin, bottom),
            colour,
            -1,
        )
        # Black or white, whichever the eye tells better from the colour.
        ink = (
            (0, 0, 0)
            if np.dot(rgb, (0.299, 0.587, 0.114)) > 110
            else (255, 255, 255)
        )
        cv2.putText(
            canvas,
            text,
            (left + margin, bottom - margin),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            ink,
            thickness,
            cv2.LINE_AA,
        )
    return canvas


def _area(face) -> float:
    x1, y1, x2, y2 = face.bbox
    return (x2 - x1) * (y2 - y1)
