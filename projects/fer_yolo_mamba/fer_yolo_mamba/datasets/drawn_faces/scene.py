"""Draws pictures of people, says where their faces are, and what is behind."""

import cv2
import numpy as np

from ..voc_xml import VOCObject
from .canvas import Canvas, ellipse, open_curve
from .colours import BLACK, CLOTH, WHITE, Colour, colour, mix, palette
from .face import draw_face
from .parameters import (
    EXPRESSION_ACTIONS,
    FaceParameters,
    HeadPose,
    pick,
    random_identity,
)

#: Share of pictures with no, one, two and three people.
_CROWDS = (0.05, 0.48, 0.37, 0.1)
# Head radii in shares of the picture: the smallest, and the largest when
# there are one, two and three people. Smaller faces would hide their
# expressions from a small network that trains for minutes.
_SMALLEST, _LARGEST = 0.19, (0.36, 0.27, 0.22)
# How near to the left and right, the upper and the lower edge of the picture a
# head may be, in radii: the mouth is never cut off.
_WHOLE, _CUT_OFF = (0.8, 1.0, 1.0), (0.35, 0.55, 0.85)
_CUT = 0.08
_TRIES = 60
_PALE = palette('#dfe7ea #efe3d3 #d6e3d2 #e9d8dc #cfd9e8 #e8e6c9')
_SKY, _GRASS = palette('#a9cfe8 #86a86b')


def draw_scene(
    rng: np.random.Generator, expressions: tuple[str, ...], size: int
) -> tuple[np.ndarray, tuple[VOCObject, ...]]:
    """Draws one picture.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> image, faces = draw_scene(rng, ('Happy', 'Sad'), 320)

    Args:
        rng: decides everything else.
        expressions: what the first, second, ... face shows; a picture has at
            most as many faces, often fewer, sometimes none.
        size: width and height in pixels.

    Returns:
        The picture (size, size, 3) uint8, BGR, and its faces. A box holds
        the head without hair and ears, as edges from 0 to `size`, and ends
        where the picture ends.
    """
    image = np.empty((size, size, 3), np.uint8)
    # One unit is the whole picture, whatever its size.
    canvas = Canvas(image, lambda points: points * size - 0.5, size)
    pick(rng, _SCENES)(rng, canvas)
    for _ in range(rng.integers(0, 5)):
        pick(rng, _THINGS)(rng, canvas)
    crowd = min(rng.choice(len(_CROWDS), p=_CROWDS), len(expressions))
    people: list[tuple[FaceParameters, VOCObject]] = []
    for expression in expressions[:crowd]:
        poses = [face.pose for face, _ in people]
        pose = _free_place(rng, poses, crowd, size)
        intensity = rng.uniform(0.75, 1.0)
        variant = pick(rng, EXPRESSION_ACTIONS[expression])
        actions = variant.vary(rng, intensity)
        identity = random_identity(rng)
        if pose is None:
            continue
        face = FaceParameters(identity, actions, pose, light=rng.random())
        whole = face.box()
        label = VOCObject(
            expression,
            tuple(round(min(max(edge, 0), size), 2) for edge in whole),
            truncated=min(whole) < 0 or max(whole) > size,
            attributes={'origin': 'drawn', 'intensity': f'{intensity:.2f}'},
        )
        people.append((face, label))
    # Whose chin is lower stands in front, so that no shoulder hides a face.
    people.sort(key=lambda person: person[0].box()[3])
    for face, _ in people:
        draw_face(face, image)
    return _photograph(rng, image), tuple(label for _, label in people)


def _free_place(
    rng: np.random.Generator, taken: list[HeadPose], crowd: int, size: int
) -> HeadPose | None:
    """A pose whose head covers no other; None if the picture is full."""
    largest = _LARGEST[crowd - 1]
    likely = 0.4 * _SMALLEST + 0.6 * largest
    for _ in range(_TRIES):
        radius = rng.triangular(_SMALLEST, likely, largest)
        margins = _WHOLE if rng.random() > _CUT else _CUT_OFF
        aside, above, below = (share * radius for share in margins)
        x = rng.uniform(aside, 1 - aside)
        y = rng.uniform(above, 1 - below)
        pose = HeadPose(
            x * size,
            y * size,
            radius * size,
            roll=rng.normal(0, 0.13),
            yaw=rng.uniform(-0.35, 0.35),
            pitch=rng.uniform(-0.12, 0.12),
        )
        if all(_apart(pose, other) for other in taken):
            return pose
    return None


def _apart(first: HeadPose, second: HeadPose) -> bool:
    """Whether neither head, with its hair, reaches into the other."""
    aside = 1.08 * (first.radius + second.radius)
    upper, lower = sorted((first, second), key=lambda pose: pose.y)
    below = 1.12 * upper.radius + 1.5 * lower.radius
    return abs(first.x - second.x) > aside or lower.y - upper.y > below


def _photograph(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Uneven light, a tint, gamma, a little blur and noise: a new picture."""
    height, width = image.shape[:2]
    light = image.astype(np.float32) / 255
    corners = rng.uniform(0.74, 1.06, (2, 2)).astype(np.float32)
    field = cv2.resize(corners, (width, height))
    tint = rng.normal(1, 0.03, 3).astype(np.float32)
    light *= field[..., None] * tint
    gamma = float(np.exp(rng.normal(0.03, 0.12)))
    light = cv2.pow(light, gamma)
    if rng.random() < 0.3:
        light = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.4, 0.9))
    if rng.random() < 0.6:
        grain = rng.standard_normal(light.shape, dtype=np.float32)
        light += grain * np.float32(rng.uniform(0.004, 0.02))
    return np.clip(255 * light + 0.5, 0, 255).astype(np.uint8)


def _ramp(image: np.ndarray, top: Colour, bottom: Colour) -> None:
    """Fills the picture with a vertical gradient."""
    share = np.linspace(0, 1, len(image), dtype=np.float32)[:, None, None]
    image[:] = np.float32(top) * (1 - share) + np.float32(bottom) * share


def _box(
    canvas: Canvas, x1: float, y1: float, x2: float, y2: float, tone: Colour
) -> None:
    canvas.fill(np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]), tone)


def _wall(rng: np.random.Generator, canvas: Canvas) -> None:
    """A room with wallpaper and pictures."""
    tone = mix(pick(rng, _PALE), pick(rng, CLOTH), rng.uniform(0, 0.45))
    _ramp(canvas.image, mix(tone, WHITE, 0.15), mix(tone, BLACK, 0.15))
    stripe = mix(tone, pick(rng, (WHITE, BLACK)), 0.12)
    step = rng.uniform(0.05, 0.14)
    if rng.random() < 0.6:
        for x in np.arange(0, 1, step):
            _box(canvas, x, 0, x + step / 2, 1, stripe)
    for _ in range(rng.integers(0, 3)):
        x, y = rng.uniform(0, 0.8), rng.uniform(0, 0.5)
        w, h = rng.uniform(0.1, 0.25, 2)
        _box(canvas, x, y, x + w, y + h, mix(tone, BLACK, 0.55))
        inner = x + 0.012, y + 0.012, x + w - 0.012, y + h - 0.012
        _box(canvas, *inner, mix(pick(rng, _PALE), pick(rng, CLOTH), 0.5))
    floor = rng.uniform(0.78, 1.1)
    _box(canvas, 0, floor, 1, 1.2, mix(tone, colour('#6b4a33'), 0.6))


def _meadow(rng: np.random.Generator, canvas: Canvas) -> None:
    """Sky, clouds and hills."""
    sky = mix(_SKY, pick(rng, CLOTH), rng.uniform(0, 0.25))
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
    sky = mix(_SKY, pick(rng, CLOTH), rng.uniform(0, 0.3))
    _ramp(canvas.image, sky, mix(sky, WHITE, 0.5))
    x = -0.05
    while x < 1:
        width, top = rng.uniform(0.14, 0.28), rng.uniform(0.05, 0.5)
        house = mix(pick(rng, _PALE), pick(rng, CLOTH), rng.uniform(0.2, 0.6))
        _box(canvas, x, top, x + width, 1, house)
        pane = mix(house, pick(rng, (BLACK, colour('#f4dc95'))), 0.5)
        for wx in np.arange(x + 0.025, x + width - 0.04, 0.06):
            for wy in np.arange(top + 0.04, 0.85, 0.1):
                _box(canvas, wx, wy, wx + 0.03, wy + 0.05, pane)
        x += width
    _box(canvas, 0, 0.86, 1, 1.1, colour('#8d8b8a'))


def _lights(rng: np.random.Generator, canvas: Canvas) -> None:
    tone = pick(rng, CLOTH)
    top = mix(tone, BLACK, rng.uniform(0.2, 0.7))
    bottom = mix(pick(rng, CLOTH), BLACK, rng.uniform(0.2, 0.6))
    _ramp(canvas.image, top, bottom)
    for _ in range(rng.integers(8, 20)):
        x, y = rng.uniform(0, 1, 2)
        radius = rng.uniform(0.02, 0.09)
        light = mix(pick(rng, CLOTH), WHITE, rng.uniform(0.2, 0.7))
        disc = ellipse(x, y, radius, radius)
        canvas.glow(disc, light, rng.uniform(0.2, 0.7), 0.02)


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
            spine = mix(pick(rng, CLOTH), BLACK, rng.uniform(0.1, 0.4))
            _box(canvas, x, top, x + width - 0.004, bottom - 0.012, spine)
            x += width
        _box(canvas, 0, bottom - 0.012, 1, bottom, mix(wood, WHITE, 0.2))


def _mist(rng: np.random.Generator, canvas: Canvas) -> None:
    """Clouds of colour without any shape."""
    size = len(canvas.image)
    tones = [mix(pick(rng, CLOTH), pick(rng, _PALE), 0.4) for _ in range(16)]
    patches = np.float32(tones).reshape(4, 4, 3)
    smooth = cv2.resize(patches, (size, size), interpolation=cv2.INTER_CUBIC)
    canvas.image[:] = np.clip(smooth, 0, 255)


def _spot(rng: np.random.Generator) -> tuple[float, float, float, Colour]:
    x, y = rng.uniform(0, 1), rng.uniform(0, 0.8)
    return x, y, rng.uniform(0.05, 0.14), pick(rng, CLOTH)


def _balloon(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, tone = _spot(rng)
    string = [(x, y + r), (x - 0.02, y + 1.7 * r), (x + 0.02, y + 2.6 * r)]
    canvas.stroke(open_curve(string), BLACK, 0.005, 0.0)
    canvas.oval(x, y, 0.85 * r, r, tone)
    shine = ellipse(x - 0.3 * r, y - 0.35 * r, 0.2 * r, 0.25 * r)
    canvas.glow(shine, WHITE, 0.7, 0.2 * r)


def _ball(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, tone = _spot(rng)
    disc = ellipse(x, y, r, r)
    canvas.fill(disc, tone)
    with canvas.clip(disc) as inside:
        other = mix(pick(rng, CLOTH), WHITE, 0.5)
        _box(inside, x - r, y - 0.3 * r, x + r, y + 0.2 * r, other)
        shadow = ellipse(x + 0.5 * r, y + 0.6 * r, r, r)
        inside.glow(shadow, BLACK, 0.3, 0.4 * r)


def _clock(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, tone = _spot(rng)
    canvas.oval(x, y, r, r, mix(tone, BLACK, 0.3))
    canvas.oval(x, y, 0.85 * r, 0.85 * r, WHITE)
    for angle in np.arange(12) * np.pi / 6:
        tick = np.array([np.cos(angle), np.sin(angle)])
        mark = np.stack([(x, y) + 0.68 * r * tick, (x, y) + 0.8 * r * tick])
        canvas.stroke(mark, BLACK, 0.06 * r, 0.0)
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
        canvas.oval(x + dx, y + dy, 0.32 * r, 0.32 * r, tone)
    canvas.oval(x, y, 0.45 * r, 0.45 * r, colour('#d8a53a'))


def _tree(rng: np.random.Generator, canvas: Canvas) -> None:
    x, y, r, _ = _spot(rng)
    bark = colour('#6a4a35')
    _box(canvas, x - 0.15 * r, y, x + 0.15 * r, y + 3 * r, bark)
    green = mix(_GRASS, BLACK, rng.uniform(0, 0.4))
    for _ in range(6):
        dx, dy = rng.normal(0, 0.45 * r, 2)
        leaves = mix(green, WHITE, rng.uniform(0, 0.15))
        canvas.oval(x + dx, y + dy, 0.6 * r, 0.6 * r, leaves)


_SCENES = (_wall, _wall, _meadow, _street, _lights, _books, _mist)
_THINGS = (_balloon, _ball, _clock, _flower, _tree)
