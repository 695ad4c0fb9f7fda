"""Draws what stands behind the people: walls, landscapes, round things."""

from __future__ import annotations

import cv2
import numpy as np

from .canvas import Canvas
from .colours import BLACK, CLOTH, WHITE, Colour, colour, mix
from .curves import ellipse, open_curve

_PALE = tuple(
    map(
        colour,
        ('#dfe7ea', '#efe3d3', '#d6e3d2', '#e9d8dc', '#cfd9e8', '#e8e6c9'),
    )
)
_SKY = colour('#a9cfe8')
_GRASS = colour('#86a86b')


def draw_backdrop(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draws a picture without people.

    Args:
        rng: decides what it shows.
        size: its width and height in pixels.

    Returns:
        (size, size, 3) uint8, BGR.
    """
    image = np.empty((size, size, 3), np.uint8)
    # One unit is the whole picture, whatever its size.
    canvas = Canvas(image, lambda points: points * size - 0.5, size)
    _pick(rng, _SCENES)(rng, canvas)
    for _ in range(rng.integers(0, 5)):
        _pick(rng, _THINGS)(rng, canvas)
    return image


def _pick(rng: np.random.Generator, choices):
    return choices[rng.integers(len(choices))]


def _ramp(image: np.ndarray, top: Colour, bottom: Colour) -> None:
    """Fills the picture with a vertical gradient."""
    share = np.linspace(0, 1, len(image), dtype=np.float32)[:, None, None]
    image[:] = np.float32(top) * (1 - share) + np.float32(bottom) * share


def _rectangle(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])


def _wall(rng: np.random.Generator, canvas: Canvas) -> None:
    """A room with wallpaper and pictures."""
    tone = mix(_pick(rng, _PALE), _pick(rng, CLOTH), rng.uniform(0, 0.45))
    _ramp(canvas.image, mix(tone, WHITE, 0.15), mix(tone, BLACK, 0.15))
    stripe = mix(tone, _pick(rng, (WHITE, BLACK)), 0.12)
    step = rng.uniform(0.05, 0.14)
    if rng.random() < 0.6:
        for x in np.arange(0, 1, step):
            canvas.fill(_rectangle(x, 0, x + step / 2, 1), stripe)
    for _ in range(rng.integers(0, 3)):
        x, y = rng.uniform(0, 0.8), rng.uniform(0, 0.5)
        w, h = rng.uniform(0.1, 0.25, 2)
        canvas.fill(_rectangle(x, y, x + w, y + h), mix(tone, BLACK, 0.55))
        canvas.fill(
            _rectangle(x + 0.012, y + 0.012, x + w - 0.012, y + h - 0.012),
            mix(_pick(rng, _PALE), _pick(rng, CLOTH), 0.5),
        )
    floor = rng.uniform(0.78, 1.1)
    canvas.fill(_rectangle(0, floor, 1, 1.2), mix(tone, colour('#6b4a33'), 0.6))


def _meadow(rng: np.random.Generator, canvas: Canvas) -> None:
    """Sky, clouds and hills."""
    sky = mix(_SKY, _pick(rng, CLOTH), rng.uniform(0, 0.25))
    _ramp(canvas.image, sky, mix(sky, WHITE, 0.6))
    for _ in range(rng.integers(0, 4)):
        x, y = rng.uniform(0, 1), rng.uniform(0, 0.3)
        for _ in range(4):
            dx, dy = rng.normal(0, 0.04), rng.normal(0, 0.012)
            canvas.glow(ellipse(x + dx, y + dy, 0.06, 0.03), WHITE, 0.8, 0.02)
    for k, level in enumerate((0.45, 0.58, 0.74)):
        heights = level + rng.uniform(-0.08, 0.08, 6)
        crest = open_curve(np.stack([np.linspace(-0.1, 1.1, 6), heights], 1))
        green = mix(_GRASS, sky, 0.5 - 0.2 * k)
        canvas.fill(np.vstack([crest, (1.1, 1.1), (-0.1, 1.1)]), green)


def _street(rng: np.random.Generator, canvas: Canvas) -> None:
    """Houses with windows."""
    sky = mix(_SKY, _pick(rng, CLOTH), rng.uniform(0, 0.3))
    _ramp(canvas.image, sky, mix(sky, WHITE, 0.5))
    x = -0.05
    while x < 1:
        width, top = rng.uniform(0.14, 0.28), rng.uniform(0.05, 0.5)
        house = mix(_pick(rng, _PALE), _pick(rng, CLOTH), rng.uniform(0.2, 0.6))
        canvas.fill(_rectangle(x, top, x + width, 1), house)
        pane = mix(house, _pick(rng, (BLACK, colour('#f4dc95'))), 0.5)
        for wx in np.arange(x + 0.025, x + width - 0.04, 0.06):
            for wy in np.arange(top + 0.04, 0.85, 0.1):
                canvas.fill(_rectangle(wx, wy, wx + 0.03, wy + 0.05), pane)
        x += width
    canvas.fill(_rectangle(0, 0.86, 1, 1.1), colour('#8d8b8a'))


def _lights(rng: np.random.Generator, canvas: Canvas) -> None:
    """Blurred lights."""
    tone = _pick(rng, CLOTH)
    _ramp(
        canvas.image,
        mix(tone, BLACK, rng.uniform(0.2, 0.7)),
        mix(_pick(rng, CLOTH), BLACK, rng.uniform(0.2, 0.6)),
    )
    for _ in range(rng.integers(8, 20)):
        x, y = rng.uniform(0, 1, 2)
        radius = rng.uniform(0.02, 0.09)
        light = mix(_pick(rng, CLOTH), WHITE, rng.uniform(0.2, 0.7))
        canvas.glow(
            ellipse(x, y, radius, radius), light, rng.uniform(0.2, 0.7), 0.02
        )


def _books(rng: np.random.Generator, canvas: Canvas) -> None:
    """Shelves."""
    wood = mix(colour('#7a5538'), BLACK, rng.uniform(0, 0.4))
    _ramp(canvas.image, wood, mix(wood, BLACK, 0.3))
    shelf = rng.uniform(0.16, 0.26)
    for bottom in np.arange(shelf, 1 + shelf, shelf):
        x = 0.0
        while x < 1:
            width = rng.uniform(0.02, 0.055)
            top = bottom - shelf * rng.uniform(0.55, 0.85)
            spine = mix(_pick(rng, CLOTH), BLACK, rng.uniform(0.1, 0.4))
            canvas.fill(
                _rectangle(x, top, x + width - 0.004, bottom - 0.012), spine
            )
            x += width
        canvas.fill(
            _rectangle(0, bottom - 0.012, 1, bottom), mix(wood, WHITE, 0.2)
        )


def _mist(rng: np.random.Generator, canvas: Canvas) -> None:
    """Clouds of colour without any shape."""
    size = len(canvas.image)
    tones = [mix(_pick(rng, CLOTH), _pick(rng, _PALE), 0.4) for _ in range(16)]
    patches = np.float32(tones).reshape(4, 4, 3)
    smooth = cv2.resize(patches, (size, size), interpolation=cv2.INTER_CUBIC)
    canvas.image[:] = np.clip(smooth, 0, 255)


def _spot(rng: np.random.Generator) -> tuple[float, float, float, Colour]:
    x, y = rng.uniform(0, 1), rng.uniform(0, 0.8)
    return x, y, rng.uniform(0.05, 0.14), _pick(rng, CLOTH)


def _balloon(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, tone = _spot(rng)
    string = [(x, y + r), (x - 0.02, y + 1.7 * r), (x + 0.02, y + 2.6 * r)]
    canvas.stroke(open_curve(string), BLACK, 0.005, 0.0)
    canvas.fill(ellipse(x, y, 0.85 * r, r), tone)
    canvas.glow(
        ellipse(x - 0.3 * r, y - 0.35 * r, 0.2 * r, 0.25 * r),
        WHITE,
        0.7,
        0.2 * r,
    )


def _ball(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, tone = _spot(rng)
    disc = ellipse(x, y, r, r)
    canvas.fill(disc, tone)
    with canvas.clip(disc) as inside:
        other = mix(_pick(rng, CLOTH), WHITE, 0.5)
        inside.fill(_rectangle(x - r, y - 0.3 * r, x + r, y + 0.2 * r), other)
        inside.glow(
            ellipse(x + 0.5 * r, y + 0.6 * r, r, r), BLACK, 0.3, 0.4 * r
        )


def _clock(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, tone = _spot(rng)
    canvas.fill(ellipse(x, y, r, r), mix(tone, BLACK, 0.3))
    canvas.fill(ellipse(x, y, 0.85 * r, 0.85 * r), WHITE)
    for angle in np.arange(12) * np.pi / 6:
        tick = np.array([np.cos(angle), np.sin(angle)])
        canvas.stroke(
            np.stack([(x, y) + 0.68 * r * tick, (x, y) + 0.8 * r * tick]),
            BLACK,
            0.06 * r,
            0.0,
        )
    for length in (0.4, 0.62):
        angle = rng.uniform(0, 2 * np.pi)
        hand = (x + length * r * np.cos(angle), y + length * r * np.sin(angle))
        canvas.stroke(np.array([(x, y), hand]), BLACK, 0.08 * r, 0.0)


def _flower(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, tone = _spot(rng)
    stem = [(x, y), (x + 0.02, y + 1.5 * r), (x, y + 3 * r)]
    canvas.stroke(open_curve(stem), mix(_GRASS, BLACK, 0.3), 0.012, 0.0)
    for angle in np.arange(9) * 2 * np.pi / 9:
        dx, dy = 0.65 * r * np.cos(angle), 0.65 * r * np.sin(angle)
        canvas.fill(ellipse(x + dx, y + dy, 0.32 * r, 0.32 * r), tone)
    canvas.fill(ellipse(x, y, 0.45 * r, 0.45 * r), colour('#d8a53a'))


def _tree(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, _ = _spot(rng)
    canvas.fill(
        _rectangle(x - 0.15 * r, y, x + 0.15 * r, y + 3 * r), colour('#6a4a35')
    )
    green = mix(_GRASS, BLACK, rng.uniform(0, 0.4))
    for _ in range(6):
        dx, dy = rng.normal(0, 0.45 * r, 2)
        blob = ellipse(x + dx, y + dy, 0.6 * r, 0.6 * r)
        canvas.fill(blob, mix(green, WHITE, rng.uniform(0, 0.15)))


_SCENES = (_wall, _wall, _meadow, _street, _lights, _books, _mist)
_THINGS = (_balloon, _ball, _clock, _flower, _tree)
