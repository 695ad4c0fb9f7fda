"""Two tests beside each other, as Markdown."""

from math import isnan

from ...evaluation.significance import ComparedFigure, Comparison, McNemar
from ..markdown_table import markdown_table
from .cells import NONE, p_value, signed, title, with_interval
from .protocol import protocol


def comparison_page(comparison: Comparison, first: str, second: str) -> str:
    """One row a figure, then the test on whole images.

    Args:
        comparison: The figures.
        first: What the first test is called.
        second: What the second one is called.
    """
    header = (
        'figure',
        f'A: {first}',
        f'B: {second}',
        'A − B',
        'P(A > B)',
    )
    rows = [_cells(name, figure) for name, figure in comparison.figures.items()]
    return '\n\n'.join(
        [
            f'# {first} against {second}',
            protocol(
                comparison.report,
                comparison.bootstrap,
                "the classes of an image's faces",
            ),
            'A resample draws the same images for both. P(A > B), the '
            'probability of superiority, is the share of the resamples in '
            'which A is better. A difference whose interval holds 0 may be '
            'luck; of many figures, one in twenty will look better by luck.',
            markdown_table(header, rows),
            '## Whole images',
            'An image is right if every face is found with its class and '
            'nothing else is detected.',
            _decision_table(comparison.decisions),
            'If neither were better, the images that one alone gets right '
            'would fall to either by chance: '
            f"{p_value(comparison.decisions.p_value)} (McNemar's exact test, "
            'two-sided).\n',
        ]
    )


def _cells(name: str, figure: ComparedFigure) -> list[str]:
    return [
        title(name),
        with_interval(name, figure.first),
        with_interval(name, figure.second),
        signed(name, figure.difference),
        NONE if isnan(figure.superiority) else f'{figure.superiority:.4f}',
    ]


def _decision_table(decisions: McNemar) -> str:
    rows = [
        ('A right', str(decisions.both), str(decisions.only_first)),
        ('A wrong', str(decisions.only_second), str(decisions.neither)),
    ]
    return markdown_table(('images', 'B right', 'B wrong'), rows)
