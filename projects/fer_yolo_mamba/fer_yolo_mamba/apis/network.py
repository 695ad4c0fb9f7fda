"""A network in some runtime, as all that lies above it calls it."""

from typing import Protocol

import numpy as np

from ..engine.description import InputSide, Shift


class Network(Protocol):
    """What finds faces in batches of squares, in PyTorch or another runtime.

    Letterboxing, calibration, merging of sizes, non-maximum suppression and
    thresholds are common to all of them and lie above: a network gives all
    that it sees.

    Attributes:
        classes: Names of the expressions in the order of the scores.
        input: How a photograph becomes the network's input.
        sizes: Fractions of the input side in which a photograph is looked at.
        score_thr: Least score of a face, in [0, 1].
        temperature: Divides the logit of every score, after
        shift: was added to it, one for all classes or one for each. The
            network itself does neither.
    """

    classes: tuple[str, ...]
    input: InputSide
    sizes: tuple[float, ...]
    score_thr: float
    temperature: float
    shift: Shift

    def __call__(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Runs the network.

        Args:
            batch: (B, 3, H, W) float32, normalised and padded as `input`
                says; H and W are multiples of 32, which differ from
                `input.side` where `sizes` do from 1.

        Returns:
            Boxes (B, A, 4), x1 y1 x2 y2 in pixels of the batch's pictures,
            and scores (B, A, number of classes) in [0, 1]; float32. Nothing
            is suppressed, sorted or calibrated.
        """
        ...
