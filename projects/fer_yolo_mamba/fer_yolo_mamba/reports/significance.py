"""Pages of intervals, of two tests compared, and of groups of faces."""

from collections.abc import Iterator, Sequence
from math import isnan

from ..evaluation.significance import (
    AVERAGE_F1,
    COVERAGE,
    ComparedFigure,
    Comparison,
    Estimate,
    GroupComparison,
    Intervals,
    StratifiedBootstrap,
    WeightedReport,
)
from .page import Block, Heading, Page, Paragraph, Table

#: For a figure that does not exist.
NONE = '–'


def intervals_page(intervals: Intervals, name: str) -> Page:
    """One row a figure.

    Args:
        intervals: The figures.
        name: What the test is called.
    """
    return Page(
        name,
        (
            _protocol(intervals.report, intervals.bootstrap),
            intervals_table(intervals, name),
            Paragraph(
                f'{intervals.num_right} of {len(intervals.bootstrap.strata)} '
                'images are right as a whole: every face found with its class, '
                'nothing else detected.'
            ),
        ),
    )


def intervals_table(intervals: Intervals, name: str) -> Table:
    """One row a figure; ``name`` heads the column of the figures."""
    rows = [
        (title(figure), with_interval(figure, estimate))
        for figure, estimate in intervals.figures.items()
    ]
    return Table(('figure', name), rows)


def comparison_page(comparison: Comparison, first: str, second: str) -> Page:
    """One row a figure, then the test on whole images.

    Args:
        comparison: The figures.
        first: What the first test is called.
        second: What the second one is called.
    """
    decisions = comparison.decisions
    return Page(
        f'{first} against {second}',
        (
            _protocol(comparison.report, comparison.bootstrap),
            Paragraph(
                'A resample draws the same images for both. P(A > B), the '
                'probability of superiority, is the share of the resamples in '
                'which A is better. A difference whose interval holds 0 may be '
                'luck; of many figures, one in twenty will look better by luck.'
            ),
            Table(
                ('figure', f'A: {first}', f'B: {second}', 'A − B', 'P(A > B)'),
                [_compared(*item) for item in comparison.figures.items()],
            ),
            Heading('Whole images'),
            Paragraph(
                'An image is right if every face is found with its class and '
                'nothing else is detected.'
            ),
            Table(
                ('images', 'B right', 'B wrong'),
                [
                    ('A right', decisions.both, decisions.only_first),
                    ('A wrong', decisions.only_second, decisions.neither),
                ],
            ),
            Paragraph(
                'If neither were better, the images that one alone gets right '
                'would fall to either by chance: '
                f"{_p_value(decisions.p_value)} (McNemar's exact test, "
                'two-sided).'
            ),
        ),
    )


def groups_page(comparisons: Sequence[GroupComparison], name: str) -> Page:
    """A section an attribute: one row a figure, one column a group, the gap.

    Args:
        comparisons: One for each attribute.
        name: What the test is called.
    """
    blocks = (block for one in comparisons for block in _groups(one))
    return Page(name, tuple(blocks))


def _groups(comparison: GroupComparison) -> Iterator[Block]:
    groups = comparison.groups
    yield Heading(f'By {comparison.attribute}')
    yield _protocol(
        comparison.report,
        comparison.bootstrap,
        "the groups and classes of an image's faces",
    )
    rows = []
    for figure in groups[0].figures:
        gap = comparison.gaps.get(figure)
        rows.append(
            [
                title(figure),
                *(with_interval(figure, g.figures[figure]) for g in groups),
                _cell(figure, gap.difference, '+') if gap else '',
                f'{gap.best}, {gap.worst}' if gap else '',
            ]
        )
    names = (
        f'{group.name} ({group.num_faces} faces, {group.num_images} images)'
        for group in groups
    )
    yield Table(('figure', *names, 'largest gap', 'between'), rows)
    notes = [
        "A group's figures are those of the images that show one of its "
        'faces, the other faces being ignored. Means run over the classes '
        f'that all groups have: {", ".join(comparison.shared_classes)}. The '
        "gap's interval allows for the choice of the two groups and for AP's "
        'bias in small ones; if it holds 0 the gap may be luck.'
    ]
    if comparison.left_out:
        small = ', '.join(
            f'{name} ({number})' for name, number in comparison.left_out.items()
        )
        notes.append(f'Left out, with too few faces: {small}.')
    if comparison.num_unknown:
        notes.append(
            f'{comparison.num_unknown} faces carry no {comparison.attribute}.'
        )
    yield Paragraph(' '.join(notes))


def _protocol(
    report: WeightedReport,
    bootstrap: StratifiedBootstrap,
    strata: str | None = None,
) -> Paragraph:
    """How the figures of a page came about, in words."""
    text = (
        f'{len(bootstrap.strata)} images; IoU ≥ {report.matched.iou_thr:g}, '
        f'F1 at score ≥ {report.score_thr:g}. In brackets: '
        f'{100 * COVERAGE:g} % intervals, each for itself, from '
        f'{bootstrap.resamples} bootstrap '
        f'resamples of the images (seed {bootstrap.seed})'
        f'{f", stratified by {strata}" if strata else ""}.'
    )
    if bootstrap.num_alone:
        text += (
            f' {bootstrap.num_alone} images are alone in their stratum and '
            'add nothing to the width of an interval.'
        )
    return Paragraph(text)


def _compared(name: str, figure: ComparedFigure) -> list[str]:
    return [
        title(name),
        with_interval(name, figure.first),
        with_interval(name, figure.second),
        _cell(name, figure.difference, '+'),
        NONE if isnan(figure.superiority) else f'{figure.superiority:.4f}',
    ]


def title(name: str) -> str:
    """A figure's name with its unit: F1 as it is, the rest in percent."""
    return name if name == AVERAGE_F1 else f'{name} %'


def with_interval(name: str, estimate: Estimate) -> str:
    """A figure and its interval.

    >>> with_interval('mean_ap', Estimate(0.7212, 0.7069, 0.735))
    '72.12 [70.69, 73.50]'
    """
    return _cell(name, estimate, '')


def _cell(name: str, estimate: Estimate, sign: str) -> str:
    """A figure, or with the sign '+' a difference, and its interval."""
    if isnan(estimate.value):
        return NONE
    value, low, high = (
        format(number, f'{sign}.3f')
        if name == AVERAGE_F1
        else format(100 * number, f'{sign}.2f')
        for number in (estimate.value, estimate.low, estimate.high)
    )
    return f'{value} [{low}, {high}]'


def _p_value(p: float) -> str:
    """A p-value to two digits, or that it is tiny."""
    return 'p < 0.0001' if p < 1e-4 else f'p = {p:.2g}'
