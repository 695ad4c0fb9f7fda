"""The figures of one group of faces."""

from __future__ import annotations

from dataclasses import dataclass

from .estimate import Estimate


@dataclass(frozen=True)
class GroupResult:
    """A group of faces as :func:`records_of_group` sees it.

    Attributes:
        name: Value of the attribute that makes the group.
        num_faces: Its faces.
        num_images: Images with one of them.
        figures: By name. The AP of every class; mAP and Avg_F1 over the
            classes that all groups have.
    """

    name: str
    num_faces: int
    num_images: int
    figures: dict[str, Estimate]

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {
            'faces': self.num_faces,
            'images': self.num_images,
            'figures': {
                name: figure.to_dict() for name, figure in self.figures.items()
            },
        }
