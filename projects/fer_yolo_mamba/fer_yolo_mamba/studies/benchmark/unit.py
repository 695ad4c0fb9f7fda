"""Unit: what a figure is measured in, and how it is printed."""

from enum import Enum


class Unit(Enum):
    """The value is the prefixes and their sizes, from small to large.

    >>> Unit.SECOND.text(0.0123)
    '12.3 ms'
    """

    SECOND = (('µs', 1e-6), ('ms', 1e-3), ('s', 1.0))
    BYTE = (('kB', 1e3), ('MB', 1e6), ('GB', 1e9))

    def text(self, figure: float) -> str:
        """A figure in three digits, in the largest prefix that it fills."""
        name, size = next(
            (prefix for prefix in reversed(self.value) if figure >= prefix[1]),
            self.value[0],
        )
        return f'{three_digits(figure / size)} {name}'


def three_digits(figure: float) -> str:
    """A figure in three digits, or all those before the point.

    >>> three_digits(0.0512), three_digits(1234.5)
    ('0.0512', '1234')
    """
    if abs(figure) >= 100:
        return f'{figure:.0f}'
    # 99.96 becomes '100.'.
    return f'{figure:#.3g}'.removesuffix('.')
