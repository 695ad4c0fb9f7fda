"""What a label in a release stands for, or None if it is none of the seven.

`canonical_expression` takes such a label for a user's mistake; in a release
it is a face that is left out and counted.
"""

from collections.abc import Mapping

from ...errors import InputError
from ...expressions import canonical_expression


def expression_of(text: str, labels: Mapping[int, str]) -> str | None:
    """The expression that a data set's own label number stands for.

    >>> expression_of('4', RAFDB_LABELS)
    'Happy'

    Args:
        text: The number as written.
        labels: A table of `expressions`.

    Returns:
        The canonical name; None where the text is no number of the table.
    """
    text = text.strip()
    return labels.get(int(text)) if text.isdecimal() else None


def expression_named(name: str) -> str | None:
    """The expression that a class name stands for.

    >>> expression_named('happiness')
    'Happy'

    Args:
        name: In any accepted spelling.

    Returns:
        The canonical name; None where the name is not known.
    """
    try:
        return canonical_expression(name)
    except InputError:
        return None
