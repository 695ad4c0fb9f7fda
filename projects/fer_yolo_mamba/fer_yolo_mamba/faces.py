"""A face, whoever found it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

#: Boxes that overlap more than this are one and the same face; the metric, too,
#: counts from here on.
SAME_FACE_IOU = 0.5


@dataclass(frozen=True)
class Face:
    """One face of a picture.

    Attributes:
        bbox: x1, y1, x2, y2 in pixels of the picture.
        expression: Name of its class.
        score: Probability of face and expression, in [0, 1]; None for an
            annotated face.
        scores: That of every expression by name; None for an annotated face.
        face_score: Probability of a face, whatever its expression: the sum of
            the scores, at most 1; None for an annotated face.
        track: Number of the person in a film; None where faces were not
            followed.
    """

    bbox: tuple[float, float, float, float]
    expression: str
    score: float | None = None
    scores: dict[str, float] | None = None
    face_score: float | None = None
    track: int | None = None

    @classmethod
    def of_scores(
        cls,
        bbox: tuple[float, float, float, float],
        scores: dict[str, float],
    ) -> 'Face':
        """A face that was found, named by the best of its scores."""
        best = max(scores, key=scores.__getitem__)
        face_score = min(sum(scores.values()), 1.0)
        return cls(bbox, best, scores[best], scores, face_score)

    def to_dict(self) -> dict:
        """The face as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping) -> 'Face':
        """What :meth:`to_dict` made a dictionary of."""
        x1, y1, x2, y2 = map(float, values['bbox'])
        return cls(**{**values, 'bbox': (x1, y1, x2, y2)})
