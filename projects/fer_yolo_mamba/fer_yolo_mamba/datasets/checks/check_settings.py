"""What a check can be told."""

from dataclasses import dataclass

from ...errors import InputError
from ..images import DetectFaces
from .groups import GroupsOf
from .perceptual_hash import BITS

#: Width and height of the network's input in pixels (paper, Section IV-A).
INPUT_SIDE = 320


@dataclass(frozen=True)
class CheckSettings:
    """How to read a set, and where to draw lines.

    Attributes:
        one_based: See `FERVOCDataset`.
        tiny_side: A box is tiny if its shorter side is below this many
            pixels once the image's longer side is `INPUT_SIDE`. The default
            is one cell of the network's finest map.
        near_distance: Pictures are almost the same if at most this many of
            the 256 bits of their perceptual hashes differ.
        groups_of: Tells the clips or subjects of an image, which no two
            splits may share; None does not look for any.
        detector: Finds faces, to see which are not annotated; None does not
            look for any.
    """

    one_based: bool = False
    tiny_side: float = 8.0
    near_distance: int = 14
    groups_of: GroupsOf | None = None
    detector: DetectFaces | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.tiny_side <= INPUT_SIDE:
            raise InputError(
                f'tiny side {self.tiny_side:g}: choose 0 to {INPUT_SIDE} pixels'
            )
        if not 0 <= self.near_distance < BITS // 2:
            raise InputError(
                f'near distance {self.near_distance}: choose 0 to '
                f'{BITS // 2 - 1} bits (different pictures differ in '
                f'{BITS // 2} on average)'
            )
