"""Two detectors by how they name the faces that both of them find."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ...evaluation import MatchedClasses, Predictions
from ...evaluation.predictions import pair_predictions
from ...evaluation.significance import McNemar
from ...reports.page import Page, Paragraph, Table
from .measures import IOU_THR, found_and_right


@dataclass(frozen=True)
class SharedFaces:
    """Each with its own threshold; a face that one misses says nothing here.

    Attributes:
        num_faces: In the pictures.
        found: Which each finds: both, the first or the second alone, neither.
        named: Of the faces that both find, which each names right.
    """

    num_faces: int
    found: McNemar
    named: McNemar

    @classmethod
    def of(
        cls,
        first: Predictions,
        second: Predictions,
        score_thrs: tuple[float, float],
    ) -> SharedFaces:
        """Compares what they saw, one detection with one name a face.

        Args:
            first: What the one detector saw.
            second: What the other saw.
            score_thrs: Least score of a face that counts, of either.

        Raises:
            InputError: They saw different pictures.
        """
        (found, right), (found_2, right_2) = (
            found_and_right(MatchedClasses.of(predictions, IOU_THR), score_thr)
            for predictions, score_thr in zip(
                pair_predictions(first, second), score_thrs, strict=True
            )
        )
        shared = found & found_2
        return cls(
            num_faces=len(found),
            found=McNemar.from_decisions(found, found_2),
            named=McNemar.from_decisions(right[shared], right_2[shared]),
        )

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {**asdict(self), 'p_value': self.named.p_value}

    def to_markdown(self, first: str, second: str) -> str:
        """The page.

        Args:
            first: What the first detector is called.
            second: What the second is called.
        """
        found, named = self.found, self.named
        shared = found.both
        rows = [
            [
                name,
                f'{100 * (shared + found_alone) / self.num_faces:.1f}',
                f'{100 * (named.both + alone) / shared:.1f}' if shared else '–',
                f'{alone}',
            ]
            for name, found_alone, alone in (
                (first, found.only_first, named.only_first),
                (second, found.only_second, named.only_second),
            )
        ]
        blocks = (
            Paragraph(
                f'Both find {shared} of {self.num_faces} faces. Of those, the '
                f'first alone names {named.only_first} right, the second alone '
                f"{named.only_second}: McNemar's p is {named.p_value:.2g}."
            ),
            Table(
                [
                    *('detector', 'found %', 'right % of those both find'),
                    'which it alone names right',
                ],
                rows,
            ),
        )
        return Page('Faces that both find', blocks).to_markdown()
