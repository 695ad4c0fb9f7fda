"""What the splits of a set hold: classes, box sizes, positions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .checked_image import CheckedFace, CheckedImage

# RAF-DB, whose imbalance is notorious, has 17.
_NOTABLE_IMBALANCE = 10


@dataclass(frozen=True)
class SetStatistics:
    """Counts and boxes of one split, sound faces only.

    Attributes:
        split: Its name.
        images: Number of images.
        faceless: Number of images without a sound face.
        faces: Number of faces of each class, in the order of the classes.
        sides: (N,) see `CheckedFace.side`.
        centres: (N, 2) see `CheckedFace.centre`.
    """

    split: str
    images: int
    faceless: int
    faces: dict[str, int]
    sides: np.ndarray
    centres: np.ndarray

    @classmethod
    def of(
        cls,
        split: str,
        images: Iterable[CheckedImage],
        classes: Sequence[str],
    ) -> 'SetStatistics':
        """Counts the images of one split."""
        images = list(images)
        faces: list[CheckedFace] = [
            face for image in images for face in image.faces
        ]
        counts = Counter(face.expression for face in faces)
        return cls(
            split=split,
            images=len(images),
            faceless=sum(not image.faces for image in images),
            faces={name: counts[name] for name in classes},
            sides=np.array([face.side for face in faces], np.float32),
            centres=np.array(
                [face.centre for face in faces], np.float32
            ).reshape(-1, 2),
        )

    def class_weights(self) -> dict[str, float]:
        """Weights that give each class the same sum over its faces.

        The mean over all faces is 1; a class without a face gets 1.
        """
        present = [count for count in self.faces.values() if count]
        total = sum(present)
        return {
            name: total / (len(present) * count) if count else 1.0
            for name, count in self.faces.items()
        }

    def warnings(self) -> list[str]:
        """What is no fault, but worth knowing; a sentence each."""
        found = []
        missing = [name for name, count in self.faces.items() if not count]
        if missing:
            found.append(
                f'{self.split} has no face of the class {", ".join(missing)}.'
            )
        counts = {name: count for name, count in self.faces.items() if count}
        if counts:
            most = max(counts, key=counts.get)
            least = min(counts, key=counts.get)
            ratio = counts[most] / counts[least]
            if ratio >= _NOTABLE_IMBALANCE:
                found.append(
                    f'{self.split} is imbalanced: {ratio:.0f} faces of '
                    f'{most} for each of {least}.'
                )
        return found
