"""Whether a detector serves all groups of faces alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..image_record import ImageRecord
from ..predictions import Predictions
from .estimate import Estimate
from .group_gap import GroupGap
from .group_records import records_of_group
from .group_result import GroupResult
from .stratified_bootstrap import Progress, StratifiedBootstrap
from .weighted_report import AVERAGE_F1, MEAN_AP, WeightedReport, class_ap

#: The group of a face, such as 'female'; None where it is not known.
Group = str | None


@dataclass(frozen=True)
class GroupComparison:
    """The figures of each group of faces, and how far they are apart.

    Means run over the classes that every group has, or a group would gain by
    having no face of a hard class.

    Example::

        comparison = GroupComparison.of(predictions, 'gender', groups)
        comparison.gaps['mAP'].difference.low > 0   # no luck

    Attributes:
        attribute: What the groups differ in.
        groups: Largest first.
        gaps: Of mAP, Avg_F1 and the AP of each shared class; empty with fewer
            than two groups.
        shared_classes: Those that every group has.
        left_out: Faces of each group that is too small to be compared.
        num_unknown: Faces of no known group.
        report: The whole test.
        bootstrap: How the resamples were drawn.
    """

    attribute: str
    groups: tuple[GroupResult, ...]
    gaps: dict[str, GroupGap]
    shared_classes: tuple[str, ...]
    left_out: dict[str, int]
    num_unknown: int
    report: WeightedReport
    bootstrap: StratifiedBootstrap

    @classmethod
    def of(
        cls,
        predictions: Predictions,
        attribute: str,
        groups: Sequence[Sequence[Group]],
        min_faces: int = 100,
        resamples: int = 10_000,
        seed: int = 0,
        progress: Progress = lambda done, total: None,
    ) -> GroupComparison:
        """Resamples the images for all groups alike.

        The stratum of an image is the set of its faces' groups and classes,
        so that no group lacks a class in a resample.

        Args:
            predictions: What the detector said.
            attribute: What the groups differ in.
            groups: For each image that of each face, in the order of the
                ground truth.
            min_faces: Groups with fewer faces are left out.
            resamples: How many resamples to draw.
            seed: The same seed draws the same ones.
            progress: Is told the numbers of finished and of all resamples.

        Raises:
            InputError: No group is large enough, or there is no class that
                all of them have.
        """
        faces = Counter(
            group
            for image, record in zip(groups, predictions.records, strict=True)
            for group, ignored in zip(image, record.gt_ignored, strict=True)
            if not ignored
        )
        num_unknown = faces.pop(None, 0)
        names = [n for n, size in faces.most_common() if size >= min_faces]
        if not names:
            raise InputError(
                f'{attribute}: no group has {min_faces} faces or more; choose '
                'a lower --min-faces.'
            )
        members = [_members(groups, name) for name in names]
        reports = [_report(predictions, member) for member in members]
        shared = _shared_classes(reports)
        if not shared:
            raise InputError(
                f'{attribute}: there is no class that all groups '
                f'({", ".join(names)}) have; choose a higher --min-faces.'
            )

        strata = _strata(predictions.records, groups, names)
        bootstrap = StratifiedBootstrap(strata, resamples, seed)
        values = [report.observed(shared) for report in reports]
        resampled = bootstrap.figures(reports, progress, shared)
        results = tuple(
            GroupResult(
                name,
                faces[name],
                sum(bool(image.any()) for image in member),
                Estimate.of_figures(*figures),
            )
            for name, member, *figures in zip(
                names, members, values, resampled, strict=True
            )
        )
        gaps = {
            figure: GroupGap.from_resamples(
                names,
                [group[figure] for group in values],
                [group[figure] for group in resampled],
            )
            for figure in (MEAN_AP, AVERAGE_F1, *map(class_ap, shared))
            if len(names) > 1
        }
        return cls(
            attribute,
            results,
            gaps,
            shared,
            {name: faces[name] for name in faces if name not in names},
            num_unknown,
            reports[0],
            bootstrap,
        )

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {
            'attribute': self.attribute,
            'iou_thr': self.report.iou_thr,
            'score_thr': self.report.score_thr,
            **self.bootstrap.to_dict(),
            'shared_classes': list(self.shared_classes),
            'groups': {group.name: group.to_dict() for group in self.groups},
            'left_out': self.left_out,
            'faces_of_no_known_group': self.num_unknown,
            'gaps': {name: gap.to_dict() for name, gap in self.gaps.items()},
        }


def _members(groups: Sequence[Sequence[Group]], name: str) -> list[np.ndarray]:
    return [np.array([g == name for g in image], bool) for image in groups]


def _report(
    predictions: Predictions, members: Sequence[np.ndarray]
) -> WeightedReport:
    names = predictions.class_names
    return WeightedReport.from_records(
        records_of_group(predictions.records, members, len(names)), names
    )


def _strata(
    records: Sequence[ImageRecord],
    groups: Sequence[Sequence[Group]],
    compared: Sequence[str],
) -> list[frozenset]:
    return [
        frozenset(
            (group if group in compared else None, label)
            for group, label in zip(
                image, record.gt_labels.tolist(), strict=True
            )
        )
        for image, record in zip(groups, records, strict=True)
    ]


def _shared_classes(reports: Sequence[WeightedReport]) -> tuple[str, ...]:
    return tuple(
        name
        for label, name in enumerate(reports[0].class_names)
        if all(report.classes[label].num_objects for report in reports)
    )
