"""ScanSize: a map that is scanned."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ScanSize:
    """Size of the input of an omnidirectional scan.

    Attributes:
        height: Rows of the map.
        width: Its columns.
        channels: Channels D, an even number: twice those of the layer.
        batch: Maps.
    """

    height: int
    width: int
    channels: int
    batch: int = 1

    def __str__(self) -> str:
        return f'{self.height}×{self.width}×{self.channels}, batch {self.batch}'


NECK_SIZES = (
    ScanSize(40, 40, 256),
    ScanSize(20, 20, 512),
    ScanSize(20, 20, 256),
    ScanSize(10, 10, 512),
)
"""The four scans of the neck for a picture of 320×320 pixels."""
