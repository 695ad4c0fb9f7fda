"""The colours of the drawings.

A colour is written as `#rrggbb` and kept as (blue, green, red), 0 to 255.
"""

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


def palette(codes: str) -> tuple[Colour, ...]:
    """Several colours, in words."""
    return tuple(map(colour, codes.split()))


BLACK, WHITE = palette('#1a1416 #fbf8f4')
SKIN = palette('#fde3d2 #f6cfb0 #e8b992 #d3a077 #b3825d #8d6046 #6a4736')
HAIR = palette(
    '#231b1d #3d2a24 #5c3a27 #8a5530 #b9803f #e0b565 #a8452a #9a9a9e #dcd9d5'
)
IRIS = palette('#4a2e1f #6b4426 #3f6f57 #3b6a94 #5d6a70')
CLOTH = palette(
    '#d6453d #e88d2e #e7c14a #4f9d69 #2f7f8f #3c5a99 '
    '#6c4f8c #b9567f #39404d #8b8f96 #e9e4da #7a5a43'
)
GOLD, LIP, BLUSH = palette('#f0c85a #b3383f #e2574f')
MOUTH, TONGUE, TEETH = palette('#54161d #d2616a #f7f3ea')
