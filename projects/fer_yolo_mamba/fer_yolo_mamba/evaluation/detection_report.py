"""The figures of one evaluation as an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from .average_precision import average_precision, operating_point
from .image_record import ImageRecord
from .matched_classes import MatchedClasses
from .text_table import text_table


@dataclass(frozen=True)
class ClassResult:
    """The figures of one class, all in [0, 1]; NaN if it has no objects.

    Attributes:
        name: Name of the class.
        ap: Average precision over all detections.
        precision: At the score threshold.
        recall: At the score threshold.
        f1: At the score threshold.
        num_ground_truths: Objects of the class, without ignored ones.
        num_detections: Detections at or above the score threshold.
        num_true_positives: Those among them that are right.
    """

    name: str
    ap: float
    precision: float
    recall: float
    f1: float
    num_ground_truths: int
    num_detections: int
    num_true_positives: int


@dataclass(frozen=True)
class DetectionReport:
    """AP, precision, recall and F1 of every class, and their means.

    Example::

        report = DetectionReport.from_records(records, ('Happy', 'Sad'))
        print(report)                 # a table
        report.mean_ap                # 0.4585
        report.to_metrics()['F1/Happy']

    Means are plain means over the classes (paper, eq. 9 and section IV-B).
    A class without ground truth has no figures; it is left out of the means
    and named by :attr:`absent_classes`.

    Attributes:
        classes: One result a class, in the order of the data set.
        iou_thr: Least IoU of a match.
        score_thr: Least score for precision, recall and F1.
    """

    classes: tuple[ClassResult, ...]
    iou_thr: float
    score_thr: float

    @classmethod
    def from_records(
        cls,
        records: Sequence[ImageRecord],
        class_names: Sequence[str],
        iou_thr: float = 0.5,
        score_thr: float = 0.5,
    ) -> DetectionReport:
        """Evaluate the detections of all images, class by class."""
        matched = MatchedClasses.from_records(records, class_names, iou_thr)
        return cls.from_matches(matched, score_thr)

    @classmethod
    def from_matches(
        cls, matched: MatchedClasses, score_thr: float = 0.5
    ) -> DetectionReport:
        """The figures of detections that are matched already."""
        results = []
        for name, matches in zip(
            matched.class_names, matched.matches, strict=True
        ):
            point = operating_point(matches, score_thr)
            results.append(
                ClassResult(
                    name=name,
                    ap=average_precision(matches),
                    precision=point.precision,
                    recall=point.recall,
                    f1=point.f1,
                    num_ground_truths=matches.num_ground_truths,
                    num_detections=point.num_detections,
                    num_true_positives=point.num_true_positives,
                )
            )
        return cls(tuple(results), matched.iou_thr, score_thr)

    @property
    def absent_classes(self) -> tuple[str, ...]:
        """Names of the classes without ground truth."""
        return tuple(c.name for c in self.classes if not c.num_ground_truths)

    @property
    def mean_ap(self) -> float:
        """Mean of AP."""
        return self._mean('ap')

    @property
    def avg_precision(self) -> float:
        """Mean of precision at the score threshold."""
        return self._mean('precision')

    @property
    def avg_recall(self) -> float:
        """Mean of recall at the score threshold."""
        return self._mean('recall')

    @property
    def avg_f1(self) -> float:
        """Mean of F1 at the score threshold."""
        return self._mean('f1')

    def _mean(self, figure: str) -> float:
        values = [
            getattr(c, figure) for c in self.classes if c.num_ground_truths
        ]
        return fmean(values) if values else float('nan')

    def to_metrics(self) -> dict[str, float]:
        """Flat names and values, as an evaluator returns them.

        ``AP/<class>``, ``precision/<class>``, ``recall/<class>`` and
        ``F1/<class>`` for every class, then ``mAP``, ``avg_precision``,
        ``avg_recall`` and ``avg_F1``; all in [0, 1] or NaN.
        """
        metrics = {}
        for figure, attribute in (
            ('AP', 'ap'),
            ('precision', 'precision'),
            ('recall', 'recall'),
            ('F1', 'f1'),
        ):
            for result in self.classes:
                metrics[f'{figure}/{result.name}'] = getattr(result, attribute)
        metrics['mAP'] = self.mean_ap
        metrics['avg_precision'] = self.avg_precision
        metrics['avg_recall'] = self.avg_recall
        metrics['avg_F1'] = self.avg_f1
        return metrics

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {
            'iou_thr': self.iou_thr,
            'score_thr': self.score_thr,
            'classes': {
                c.name: {k: v for k, v in asdict(c).items() if k != 'name'}
                for c in self.classes
            },
            'mean_ap': self.mean_ap,
            'avg_precision': self.avg_precision,
            'avg_recall': self.avg_recall,
            'avg_f1': self.avg_f1,
        }

    def to_csv_rows(self) -> list[dict]:
        """One row a class, then one named ``average``; for a DictWriter.

        The last row has the means of the figures and the sums of the counts.
        """
        rows = [
            {
                'class': c.name,
                'AP': c.ap,
                'precision': c.precision,
                'recall': c.recall,
                'F1': c.f1,
                'ground_truths': c.num_ground_truths,
                'detections': c.num_detections,
                'true_positives': c.num_true_positives,
            }
            for c in self.classes
        ]
        average = {
            'class': 'average',
            'AP': self.mean_ap,
            'precision': self.avg_precision,
            'recall': self.avg_recall,
            'F1': self.avg_f1,
        }
        for count in ('ground_truths', 'detections', 'true_positives'):
            average[count] = sum(row[count] for row in rows)
        return [*rows, average]

    def to_table(self) -> tuple[list[str], list[list[str]]]:
        """Header and cells to print; AP, precision and recall in percent."""
        header = ['class', 'AP %', 'P %', 'R %', 'F1', 'gt', 'det', 'tp']
        cells = [
            [
                row['class'],
                *(f'{100 * row[k]:.2f}' for k in ('AP', 'precision', 'recall')),
                f'{row["F1"]:.2f}',
                *(
                    str(row[k])
                    for k in ('ground_truths', 'detections', 'true_positives')
                ),
            ]
            for row in self.to_csv_rows()
        ]
        return header, cells

    @property
    def conditions(self) -> str:
        """The thresholds in words."""
        return (
            f'IoU >= {self.iou_thr:g}; P, R, F1, det and tp at score >= '
            f'{self.score_thr:g}'
        )

    def __str__(self) -> str:
        """The rows as a table, and the thresholds."""
        return f'{text_table(*self.to_table())}\n{self.conditions}'
