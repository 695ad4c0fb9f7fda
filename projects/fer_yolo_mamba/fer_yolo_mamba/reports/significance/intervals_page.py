"""The figures of one test with their intervals, as Markdown."""

from ...evaluation.significance import Intervals
from ..markdown_table import markdown_table
from .cells import title, with_interval
from .protocol import protocol


def intervals_page(intervals: Intervals, name: str) -> str:
    """One row a figure.

    Args:
        intervals: The figures.
        name: What the test is called.
    """
    rows = [
        (title(figure), with_interval(figure, estimate))
        for figure, estimate in intervals.figures.items()
    ]
    return '\n\n'.join(
        [
            f'# {name}',
            protocol(
                intervals.report,
                intervals.bootstrap,
                "the classes of an image's faces",
            ),
            markdown_table(('figure', name), rows),
            f'{intervals.num_right} of {intervals.report.num_images} images '
            'are right as a whole: every face found with its class, nothing '
            'else detected.\n',
        ]
    )
