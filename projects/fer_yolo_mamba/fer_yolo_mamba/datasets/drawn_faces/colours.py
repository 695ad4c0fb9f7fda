"""Colours: written as `#rrggbb`, kept as (blue, green, red), 0 to 255."""

from __future__ import annotations

Colour = tuple[float, float, float]


def colour(code: str) -> Colour:
    """`'#ff8000'` -> (0, 128, 255)."""
    red, green, blue = bytes.fromhex(code.removeprefix('#'))
    return blue, green, red


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with a `share` (0 to 1) of `second`."""
    return tuple(
        (1 - share) * a + share * b for a, b in zip(first, second, strict=True)
    )


BLACK = colour('#1a1416')
WHITE = colour('#fbf8f4')
SKIN = tuple(
    map(
        colour,
        (
            '#fde3d2',
            '#f6cfb0',
            '#e8b992',
            '#d3a077',
            '#b3825d',
            '#8d6046',
            '#6a4736',
        ),
    )
)
HAIR = tuple(
    map(
        colour,
        (
            '#231b1d',
            '#3d2a24',
            '#5c3a27',
            '#8a5530',
            '#b9803f',
            '#e0b565',
            '#a8452a',
            '#9a9a9e',
            '#dcd9d5',
        ),
    )
)
HAIR_ON_DARK_SKIN = (*HAIR[:3], *HAIR[-2:])
IRIS = tuple(
    map(colour, ('#4a2e1f', '#6b4426', '#3f6f57', '#3b6a94', '#5d6a70'))
)
CLOTH = tuple(
    map(
        colour,
        (
            '#d6453d',
            '#e88d2e',
            '#e7c14a',
            '#4f9d69',
            '#2f7f8f',
            '#3c5a99',
            '#6c4f8c',
            '#b9567f',
            '#39404d',
            '#8b8f96',
            '#e9e4da',
            '#7a5a43',
        ),
    )
)
GOLD = colour('#f0c85a')
LIP = colour('#b3383f')
BLUSH = colour('#e2574f')
MOUTH = colour('#54161d')
TONGUE = colour('#d2616a')
TEETH = colour('#f7f3ea')
