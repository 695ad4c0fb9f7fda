"""A face, whoever found it."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Face:
    """One face of a picture.

    Attributes:
        bbox: x1, y1, x2, y2 in pixels of the picture.
        expression: Name of its class.
        score: Probability of face and expression, in [0, 1]; None for an
            annotated face.
        scores: That of every expression by name; None for an annotated face.
    """

    bbox: tuple[float, float, float, float]
    expression: str
    score: float | None = None
    scores: dict[str, float] | None = None

    def to_dict(self) -> dict:
        """The face as JSON can hold it."""
        return asdict(self)
