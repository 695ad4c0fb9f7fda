"""Groups of faces beside each other, as Markdown."""

from ...evaluation.significance import GroupComparison
from ..markdown_table import markdown_table
from .cells import signed, title, with_interval
from .protocol import protocol


def group_page(comparison: GroupComparison) -> str:
    """One row a figure, one column a group, the gap last."""
    groups = comparison.groups
    header = (
        'figure',
        *(
            f'{group.name} ({group.num_faces} faces, {group.num_images} images)'
            for group in groups
        ),
        'largest gap',
        'between',
    )
    rows = []
    for figure in groups[0].figures:
        gap = comparison.gaps.get(figure)
        rows.append(
            [
                title(figure),
                *(with_interval(figure, g.figures[figure]) for g in groups),
                signed(figure, gap.difference) if gap else '',
                f'{gap.best}, {gap.worst}' if gap else '',
            ]
        )
    return '\n\n'.join(
        [
            f'## By {comparison.attribute}',
            protocol(
                comparison.report,
                comparison.bootstrap,
                "the groups and classes of an image's faces",
            ),
            markdown_table(header, rows),
            _notes(comparison) + '\n',
        ]
    )


def _notes(comparison: GroupComparison) -> str:
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
    return ' '.join(notes)
