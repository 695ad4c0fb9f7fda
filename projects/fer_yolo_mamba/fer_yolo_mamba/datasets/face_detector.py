"""Finds faces with a detector that knows nothing of expressions."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..errors import InputError

#: Takes an image (H, W, 3) uint8, BGR, and returns the faces' boxes as
#: (x1, y1, x2, y2) in pixels: `FaceDetector`, or one of the user's.
DetectFaces = Callable[[np.ndarray], Sequence[Sequence[float]]]


class FaceDetector:
    """OpenCV's `FaceDetectorYN` with a model that the user has.

    >>> FaceDetector('face_detection_yunet_2023mar.onnx')(image)
    [(31.4, 20.9, 98.2, 110.6)]

    Args:
        model: ONNX file of YuNet.
        min_score: Least score of a face, from 0 to 1.

    Raises:
        InputError: The file is missing, or OpenCV cannot load it.
    """

    def __init__(
        self, model: str | os.PathLike, min_score: float = 0.7
    ) -> None:
        remedy = (
            "take a model named face_detection_yunet from OpenCV's model zoo "
            '(github.com/opencv/opencv_zoo)'
        )
        if not Path(model).is_file():
            raise InputError(f'{model}: there is no such file; {remedy}')
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(model), '', (320, 320), score_threshold=min_score
            )
        except (cv2.error, SystemError) as error:
            raise InputError(
                f'{model}: OpenCV cannot load this face detector '
                f'({" ".join(str(error).split())}); {remedy}'
            ) from None

    def __call__(
        self, image: np.ndarray
    ) -> list[tuple[float, float, float, float]]:
        """Finds the faces of an image; for one thread at a time.

        Args:
            image: (H, W, 3) uint8, BGR.

        Returns:
            (x1, y1, x2, y2) in pixels, possibly leaving the image; the
            largest face first.
        """
        height, width = image.shape[:2]
        self._detector.setInputSize((width, height))
        _, faces = self._detector.detect(image)
        # Each row: x, y, width, height, five landmarks, score.
        boxes = [] if faces is None else faces[:, :4].astype(float).tolist()
        boxes.sort(key=lambda box: box[2] * box[3], reverse=True)
        return [(x, y, x + w, y + h) for x, y, w, h in boxes]
