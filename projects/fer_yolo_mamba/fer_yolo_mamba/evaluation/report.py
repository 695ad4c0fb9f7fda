"""The figures of one evaluation as an object.

The names of its attributes are the names of the figures in every file and
table of this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import nan
from statistics import fmean

from ..errors import InputError
from .curves import OperatingPoint, average_precision, operating_point
from .matching import MatchedClasses

#: Figures and counts of a class, by their attributes.
FIGURES = ('ap', 'precision', 'recall', 'f1')
COUNTS = ('num_ground_truths', 'num_detections', 'num_true_positives')
#: The attribute that is the mean of each figure.
MEANS = dict(
    ap='mean_ap', precision='avg_precision', recall='avg_recall', f1='avg_f1'
)
_OF_ALL = (*MEANS.values(), 'face_ap')
# Those that mmengine's logs and the configs call by another name.
_FLAT = dict(
    ap='AP', f1='F1', mean_ap='mAP', avg_f1='avg_F1', face_ap='face_AP'
)


@dataclass(frozen=True)
class ClassResult(OperatingPoint):
    """The figures of one class, all in [0, 1]; NaN if it has no objects.

    Attributes:
        name: Name of the class.
        ap: Average precision over all detections.
        num_ground_truths: Objects of the class, without ignored ones.
    """

    name: str
    ap: float
    num_ground_truths: int


@dataclass(frozen=True)
class DetectionReport:
    """AP, precision, recall and F1 of every class, and their means.

    Example::

        report = DetectionReport.of(MatchedClasses.of(predictions))
        print(report)                 # a table
        report.mean_ap                # 0.4585

    Means are plain means over the classes (paper, eq. 9 and section IV-B).
    A class without ground truth has no figures; it is left out of the means
    and named by :attr:`absent_classes`.

    Attributes:
        classes: One result a class, in the order of the data set.
        iou_thr: Least IoU of a match.
        score_thr: Least score for precision, recall and F1.
        face_ap: Average precision of all faces as one class; also of those
            whose expression is not known, which the classes leave out.
    """

    classes: tuple[ClassResult, ...]
    iou_thr: float
    score_thr: float
    face_ap: float = float('nan')

    @classmethod
    def of(
        cls, matched: MatchedClasses, score_thr: float = 0.5
    ) -> DetectionReport:
        """The figures of a test."""
        results = tuple(
            ClassResult(
                name=name,
                ap=average_precision(matches),
                num_ground_truths=matches.num_ground_truths,
                **asdict(operating_point(matches, score_thr)),
            )
            for name, matches in zip(
                matched.class_names, matched.matches, strict=True
            )
        )
        face_ap = average_precision(matched.faces)
        return cls(results, matched.iou_thr, score_thr, face_ap)

    @classmethod
    def from_dict(cls, content: Mapping) -> DetectionReport:
        """What :meth:`to_dict` gave, also with null for NaN."""
        classes = tuple(
            ClassResult(name=name, **{k: _number(v) for k, v in values.items()})
            for name, values in content['classes'].items()
        )
        return cls(
            classes,
            content['iou_thr'],
            content['score_thr'],
            _number(content['face_ap']),
        )

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
        return fmean(values) if values else nan

    def to_metrics(self) -> dict[str, float]:
        """Flat names and values, as an evaluator of mmengine returns them.

        ``AP/<class>``, ``precision/<class>``, ``recall/<class>`` and
        ``F1/<class>`` for every class, then ``mAP``, ``avg_precision``,
        ``avg_recall``, ``avg_F1`` and ``face_AP``; all in [0, 1] or NaN.
        """
        return {
            f'{_FLAT.get(figure, figure)}/{c.name}': getattr(c, figure)
            for figure in FIGURES
            for c in self.classes
        } | {_FLAT.get(name, name): getattr(self, name) for name in _OF_ALL}

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        classes = {
            c.name: {key: getattr(c, key) for key in (*FIGURES, *COUNTS)}
            for c in self.classes
        }
        return {
            'iou_thr': self.iou_thr,
            'score_thr': self.score_thr,
            'classes': classes,
            **{name: getattr(self, name) for name in _OF_ALL},
        }

    def rows(self) -> list[dict]:
        """One row a class, then one named ``average``; for a DictWriter.

        Columns are ``class`` and the attributes of :class:`ClassResult`. The
        last row has the means of the figures and the sums of the counts.
        """
        rows = [
            {'class': name, **values}
            for name, values in self.to_dict()['classes'].items()
        ]
        means = {figure: getattr(self, mean) for figure, mean in MEANS.items()}
        sums = {count: sum(row[count] for row in rows) for count in COUNTS}
        return [*rows, {'class': 'average', **means, **sums}]

    def to_table(self) -> tuple[list[str], list[list[str]]]:
        """Header and cells to print; all but F1 and the counts in percent."""
        header = ['class', 'ap %', 'precision %', 'recall %', 'f1', *COUNTS]
        cells = [
            [
                row['class'],
                *(f'{100 * row[k]:.2f}' for k in ('ap', 'precision', 'recall')),
                f'{row["f1"]:.2f}',
                *(str(row[k]) for k in COUNTS),
            ]
            for row in self.rows()
        ]
        return header, cells

    @property
    def conditions(self) -> str:
        """The thresholds in words."""
        return (
            f'IoU >= {self.iou_thr:g}; all but ap and num_ground_truths at '
            f'score >= {self.score_thr:g}'
        )

    @property
    def of_faces(self) -> str:
        """AP without classes in words."""
        return f'All faces as one class: ap {100 * self.face_ap:.2f} %'

    def __str__(self) -> str:
        """The rows as a table, AP without classes, and the thresholds."""
        # Here, as the package's import should not wait for it.
        from tabulate import tabulate

        header, cells = self.to_table()
        align = ('left', *['right'] * (len(header) - 1))
        table = tabulate(cells, header, disable_numparse=True, colalign=align)
        return f'{table}\n{self.of_faces}\n{self.conditions}'


def _number(value: float | None) -> float:
    return float('nan') if value is None else value


def require_thresholds(iou_thr: float, score_thr: float) -> None:
    """Refuses thresholds that make no sense.

    Args:
        iou_thr: Least IoU of a match, in (0, 1].
        score_thr: Least score for precision, recall and F1, in [0, 1].

    Raises:
        InputError: One is out of range.
    """
    if not 0 < iou_thr <= 1:
        raise InputError(
            f'iou_thr is {iou_thr}; give a value above 0 and up to 1.'
        )
    if not 0 <= score_thr <= 1:
        raise InputError(f'score_thr is {score_thr}; give a value from 0 to 1.')
