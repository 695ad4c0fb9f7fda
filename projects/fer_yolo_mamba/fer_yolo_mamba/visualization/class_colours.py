"""Colours of classes in plots."""

from collections.abc import Sequence

import matplotlib

from ..expressions import EXPRESSIONS, PALETTE

_COLOURS = {
    name: tuple(value / 255 for value in rgb)
    for name, rgb in zip(EXPRESSIONS, PALETTE, strict=True)
}


def class_colours(class_names: Sequence[str]) -> list[tuple[float, ...]]:
    """One colour a class, as matplotlib takes it.

    An expression always has its own; other classes take matplotlib's in
    turn.
    """
    others = matplotlib.colormaps['tab20'].colors
    return [
        _COLOURS.get(name, others[index % len(others)])
        for index, name in enumerate(class_names)
    ]
