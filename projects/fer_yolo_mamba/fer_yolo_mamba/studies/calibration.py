"""Making scores mean what they say, on a validation set.

A score, objectness times class probability, becomes
sigmoid((logit(score) + shift) / temperature). Both numbers are fitted, and the
least score is chosen, on faces as :class:`~fer_yolo_mamba.apis.FERDetector`
gives them: one name each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from ..apis import FERDetector
from ..datasets.splits import ANNOTATIONS, IMAGES, read_split, split_path
from ..datasets.voc_image_reader import VOCImageReader
from ..errors import InputError
from ..evaluation import ImageRecord, MatchedClasses, Predictions
from ..evaluation.curves import (
    Reliability,
    ThresholdCurve,
    best_common_threshold,
)

# No score gets nearer to 0 or 1, as in FERDetector.
_EPS = 1e-6


@dataclass(frozen=True)
class Calibration:
    """What a validation says of scores.

    Attributes:
        temperature: Divides logits after
        shift: was added to them.
        score_thr: Least calibrated score that makes the mean F1 largest.
        ece_before: Expected calibration error of the scores as they were.
        ece_after: Of calibrated ones, on the same detections.
    """

    temperature: float
    shift: float
    score_thr: float
    ece_before: float
    ece_after: float

    @classmethod
    def of(cls, predictions: Predictions) -> Calibration:
        """Fits by maximum likelihood that a detection is right (Platt 1999).

        Args:
            predictions: With uncalibrated scores.

        Raises:
            InputError: No detection is right, or none is wrong.
        """
        before = MatchedClasses.of(predictions)
        counted = [~match.ignored for match in before.matches]
        scores, right = (
            np.concatenate(
                [
                    getattr(match, name)[kept]
                    for match, kept in zip(before.matches, counted, strict=True)
                ]
            )
            for name in ('scores', 'true_positive')
        )
        if right.all() or not right.any():
            raise InputError(
                'a calibration needs right and wrong detections: take a larger '
                'split, or other weights.'
            )
        temperature, shift = _fit(scores, right)
        after = MatchedClasses.of(
            Predictions(
                predictions.class_names,
                tuple(
                    replace(
                        image,
                        scores=calibrate(image.scores, temperature, shift),
                    )
                    for image in predictions.images
                ),
            )
        )
        curves = tuple(map(ThresholdCurve.of, after.matches))
        return cls(
            temperature,
            shift,
            best_common_threshold(curves).score,
            Reliability.of(before).ece,
            Reliability.of(after).ece,
        )

    def __str__(self) -> str:
        return (
            f'--temperature {self.temperature:.3f} --shift {self.shift:.3f} '
            f'--score-thr {self.score_thr:.2f}\n'
            f'expected calibration error {self.ece_before:.3f}, with these '
            f'{self.ece_after:.3f}'
        )


def calibrate(
    scores: np.ndarray, temperature: float, shift: float
) -> np.ndarray:
    """What :class:`~fer_yolo_mamba.apis.FERDetector` makes of scores."""
    return expit((logit(scores.clip(_EPS, 1 - _EPS)) + shift) / temperature)


def read_photographs(
    detector: FERDetector,
    root: str | os.PathLike,
    split: str,
    one_based: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Predictions:
    """The faces of a split, found and annotated.

    Args:
        detector: Its least score should be low.
        root: A set in VOC layout; faces named ``face`` have no expression.
        split: Name of the split.
        one_based: Whether the set counts pixels from 1.
        progress: Is told the numbers of finished and of all images.

    Raises:
        InputError: The set has a fault, see ``VOCImageReader``.
    """
    root = Path(root)
    ids = read_split(split_path(root, split))
    reader = VOCImageReader(
        root / IMAGES,
        root / ANNOTATIONS,
        detector.classes,
        one_based=one_based,
        unlabelled='face',
    )
    images = []
    for done, image_id in enumerate(ids):
        progress(done, len(ids))
        truth = reader.read(image_id)
        (result,) = detector(truth['img_path'])
        faces, instances = result.faces, truth['instances']
        images.append(
            ImageRecord(
                np.array([face.bbox for face in faces]).reshape(-1, 4),
                np.array([face.score for face in faces], float),
                np.array(
                    [detector.classes.index(x.expression) for x in faces], int
                ),
                np.array([x['bbox'] for x in instances], float).reshape(-1, 4),
                np.array([x['bbox_label'] for x in instances], int),
                np.array([x['ignore_flag'] for x in instances], bool),
                truth['img_path'],
                result.width,
                result.height,
            )
        )
    return Predictions(detector.classes, tuple(images))


def _fit(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Temperature and shift."""
    logits = logit(scores.clip(_EPS, 1 - _EPS))
    sign = np.where(right, -1, 1)

    def loss(parameters: np.ndarray) -> float:
        log_temperature, shift = parameters
        margin = sign * (logits + shift) / np.exp(log_temperature)
        return float(np.logaddexp(0, margin).mean())

    log_temperature, shift = minimize(
        loss, (0.0, 0.0), bounds=((-3, 3), (-10, 10)), method='Nelder-Mead'
    ).x
    return float(np.exp(log_temperature)), float(shift)
