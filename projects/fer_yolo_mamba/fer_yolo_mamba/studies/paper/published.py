"""What the paper prints, from ``published.yaml``."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from ...expressions import EXPRESSIONS
from .figure import Figure
from .source import AVERAGE, Key, Source


def published(table: str) -> Source:
    """The paper's own figures of one table, ``table_1`` to ``table_4``."""
    rows = published_data()[table]
    return Source(
        'paper', {config: _figures(row) for config, row in rows.items()}
    )


@cache
def published_data() -> dict:
    """The whole file; see its comments."""
    text = files(__package__).joinpath('published.yaml').read_text('utf-8')
    return yaml.safe_load(text)


def _figures(row: Mapping[str, list | float]) -> dict[Key, Figure]:
    figures = {}
    for kind, printed in row.items():
        if isinstance(printed, list):
            names = (*EXPRESSIONS, AVERAGE)
            for name, value in zip(names, printed, strict=True):
                figures[name, kind] = _figure(value)
        else:
            figures[AVERAGE, kind] = _figure(printed)
    return figures


def _figure(printed: float | list[float]) -> Figure:
    """Of a list it is not known which number it is."""
    if isinstance(printed, list):
        return Figure(at_most=max(printed))
    return Figure(printed)
