"""The figures: single faces, photographs, scenes, pictures without a face.

Detectors are asked for all that they see, also below the threshold that they
are used with: average precision needs it. What is measured at the threshold
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain, groupby
from statistics import fmean

import numpy as np

from ...evaluation import DetectionReport, MatchedClasses
from ...evaluation.curves import average_precision, operating_point
from ...evaluation.matching import iou_legacy
from ...expressions import EXPRESSIONS
from .pictures import SeenPicture, predictions_of

#: Least IoU at which a detection lies on a face.
IOU_THR = 0.5
#: Score from which the paper counts a detection for its F1.
PAPER_SCORE = 0.5


@dataclass(frozen=True)
class SingleFaces:
    """Pictures of one face, of which the best detection alone counts.

    Where it lies is not looked at but for `found`; a picture without any is
    named wrong.

    Attributes:
        size: Pixels of a crop's longer side.
        num_faces: Pictures.
        accuracy: Share named right, at any score.
        macro_f1: Mean of `f1` over the expressions that occur.
        f1: By expression; NaN for one that does not occur.
        found: Share whose best detection lies on the face.
        accuracy_above: Share named right at or above the threshold.
    """

    size: int
    num_faces: int
    accuracy: float
    macro_f1: float
    f1: Mapping[str, float]
    found: float
    accuracy_above: float

    @classmethod
    def of(
        cls, pictures: Sequence[SeenPicture], size: int, score_thr: float
    ) -> SingleFaces:
        """The figures of pictures that were looked at in one size."""
        truth = [picture.known[0].expression for picture in pictures]
        best = [picture.best for picture in pictures]
        said = [face and face.expression for face in best]
        pairs = list(zip(truth, said, strict=True))
        right = [x == y for x, y in pairs]
        f1 = {
            name: _f1(
                truth.count(name), said.count(name), pairs.count((name, name))
            )
            for name in EXPRESSIONS
        }
        return cls(
            size=size,
            num_faces=len(pictures),
            accuracy=fmean(right),
            macro_f1=float(np.nanmean(list(f1.values()))),
            f1=f1,
            found=fmean(map(_best_is_on_face, pictures)),
            accuracy_above=fmean(
                is_right and face.score >= score_thr
                for is_right, face in zip(right, best, strict=True)
            ),
        )


@dataclass(frozen=True)
class Photographs:
    """Pictures whose faces have expressions.

    Attributes:
        source: Where they come from; empty for all of a set.
        num_images: Pictures.
        num_faces: Faces in them.
        mean_ap: Of the expressions.
        avg_f1: Mean F1 at the paper's score, 0.5.
        avg_f1_above: Mean F1 at the threshold, of the names given.
        face_ap: Average precision of the faces, whatever their expression.
        found: Share of the faces on which a detection at or above the
            threshold lies.
        right: Share of the faces that are found so and named right.
        classes: The test's figures by expression, at the paper's score.
    """

    source: str
    num_images: int
    num_faces: int
    mean_ap: float
    avg_f1: float
    avg_f1_above: float
    face_ap: float
    found: float
    right: float
    classes: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(
        cls, pictures: Sequence[SeenPicture], score_thr: float, source: str = ''
    ) -> Photographs:
        """The figures of pictures that were looked at."""
        every_name = predictions_of(pictures, every_name=True)
        report = DetectionReport.of(
            MatchedClasses.of(every_name, IOU_THR), PAPER_SCORE
        )
        matched = MatchedClasses.of(predictions_of(pictures), IOU_THR)
        above = DetectionReport.of(matched, score_thr)
        found, right = found_and_right(matched, score_thr)
        return cls(
            source=source,
            num_images=len(pictures),
            num_faces=len(found),
            mean_ap=report.mean_ap,
            avg_f1=report.avg_f1,
            avg_f1_above=above.avg_f1,
            face_ap=above.face_ap,
            found=float(found.mean()),
            right=float(right.mean()),
            classes=report.to_dict()['classes'],
        )


def photographs_by_source(
    pictures: Sequence[SeenPicture],
    score_thr: float,
    source_of: Callable[[str], str] | None = None,
) -> list[Photographs]:
    """The figures of all pictures, then those of each source if it is known.

    Args:
        pictures: What was looked at.
        score_thr: The threshold.
        source_of: Gives the source of a picture's name.
    """
    all_of_them = Photographs.of(pictures, score_thr)
    if source_of is None:
        return [all_of_them]
    by_source = sorted(pictures, key=lambda picture: source_of(picture.name))
    groups = groupby(by_source, key=lambda picture: source_of(picture.name))
    return [
        all_of_them,
        *(
            Photographs.of(list(group), score_thr, source)
            for source, group in groups
        ),
    ]


def found_and_right(
    matched: MatchedClasses, score_thr: float
) -> tuple[np.ndarray, np.ndarray]:
    """Whether a detection lies on a face, and whether it names it right.

    Of several detections on a face the one with the best score counts.

    Args:
        matched: One detection with one name for each face that was seen.
        score_thr: The threshold.

    Returns:
        Two arrays over all faces, (G,) bool.
    """
    matches, truth = matched.faces, matched.ground_truths.labels
    hits = matches.true_positive & (matches.scores >= score_thr)
    faces = matches.ground_truth[hits]
    said = matched.detections.labels[matches.detection[hits]]
    found, right = np.zeros((2, len(truth)), bool)
    found[faces] = True
    right[faces] = said == truth[faces]
    return found, right


@dataclass(frozen=True)
class FoundFaces:
    """Pictures whose faces have boxes, with or without an expression.

    Attributes:
        group: Of the faces that have to be found; empty for all. The others
            are neither rewarded nor punished.
        num_faces: Faces of the group.
        ap: Average precision of the faces.
        recall: Share of the faces found at or above the threshold.
        precision: Share of the detections there that lie on a face.
    """

    group: str
    num_faces: int
    ap: float
    recall: float
    precision: float

    @classmethod
    def of(
        cls,
        pictures: Sequence[SeenPicture],
        score_thr: float,
        group: str | None = None,
    ) -> FoundFaces:
        """The figures of pictures that were looked at."""
        predictions = predictions_of(pictures, group=group)
        matches = MatchedClasses.of(predictions, IOU_THR).faces
        point = operating_point(matches, score_thr)
        return cls(
            group=group or '',
            num_faces=matches.num_ground_truths,
            ap=average_precision(matches),
            recall=point.recall,
            precision=point.precision,
        )


def found_by_group(
    pictures: Sequence[SeenPicture], score_thr: float
) -> list[FoundFaces]:
    """The figures of all faces, then those of each group."""
    groups = {face.group for picture in pictures for face in picture.known}
    return [
        FoundFaces.of(pictures, score_thr),
        *(FoundFaces.of(pictures, score_thr, x) for x in sorted(groups - {''})),
    ]


@dataclass(frozen=True)
class FacelessPictures:
    """Pictures without a face, in which any detection is false.

    Attributes:
        num_images: Pictures.
        num_detections: Detections at or above the threshold.
        num_images_with_any: Pictures that have one.
        highest_scores: Of all detections at any score, the ten highest.
    """

    num_images: int
    num_detections: int
    num_images_with_any: int
    highest_scores: tuple[float, ...]

    @classmethod
    def of(
        cls, pictures: Sequence[SeenPicture], score_thr: float
    ) -> FacelessPictures:
        """The figures of pictures that were looked at."""
        scores = [[face.score for face in x.seen] for x in pictures]
        above = [sum(s >= score_thr for s in seen) for seen in scores]
        return cls(
            num_images=len(pictures),
            num_detections=sum(above),
            num_images_with_any=sum(count > 0 for count in above),
            highest_scores=tuple(nlargest(10, chain.from_iterable(scores))),
        )


@dataclass(frozen=True)
class NamedPicture:
    """A picture of one person, of whom the best detection speaks.

    Attributes:
        name: Of the picture.
        truth: The expression.
        said: That of the best detection; None for no detection.
        score: Its score, likewise.
        right: Whether it is the expression, at or above the threshold.
    """

    name: str
    truth: str
    said: str | None
    score: float | None
    right: bool

    @classmethod
    def of(
        cls, picture: SeenPicture, truth: str, score_thr: float
    ) -> NamedPicture:
        """The verdict on a picture that was looked at."""
        best = picture.best
        if best is None:
            return cls(picture.name, truth, None, None, False)
        is_right = best.expression == truth and best.score >= score_thr
        return cls(picture.name, truth, best.expression, best.score, is_right)


def _f1(num_truth: int, num_said: int, hits: int) -> float:
    if not num_truth:
        return float('nan')
    return 2 * hits / (num_truth + num_said)


def _best_is_on_face(picture: SeenPicture) -> bool:
    if picture.best is None:
        return False
    boxes = (picture.best.bbox, picture.known[0].bbox)
    (iou,) = iou_legacy(*(np.array([box], float) for box in boxes))
    return bool(iou >= IOU_THR)
