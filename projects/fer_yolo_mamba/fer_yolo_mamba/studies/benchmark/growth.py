"""Growth: how the time of inference grows with the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from mmengine.config import Config

from .networks import config_name, make_inference
from .series import Series
from .target import Target
from .timing import take_turns

# What the project promises on the CPU.
_PROMISED_NETWORK = 'fer_yolo_mamba_rafdb'
_PROMISED_SIDES = (160, 320, 640, 1280)
_TARGET = Target(1.1, at_least=False)


@dataclass(frozen=True)
class Growth:
    """Times of one network on square pictures of several sizes.

    The exponent e is that of time ~ pixels^e: the slope of the straight line
    that fits the logarithms best, by least squares.

    >>> twice, four = Series((2.0, 2.0)), Series((4.0, 4.0))
    >>> round(Growth('net', (20, 40), (twice, four)).exponent, 9)
    0.5

    Attributes:
        network: Its name.
        sides: Sides of the pictures in pixels, two different ones at least.
        times: Seconds of inference for each side, measured in turns.
        target: What the exponent should be, where there is a target.
    """

    network: str
    sides: tuple[int, ...]
    times: tuple[Series, ...]
    target: Target | None = None

    @property
    def exponent(self) -> float:
        """That of the medians."""
        return self._fit([series.median for series in self.times])[0]

    @property
    def exponent_spread(self) -> tuple[float, float]:
        """10th and 90th percentile of the rounds' exponents."""
        rounds = zip(*(series.values for series in self.times), strict=True)
        return Series(tuple(self._fit(times)[0] for times in rounds)).spread

    @property
    def fitted(self) -> np.ndarray:
        """Seconds for each side on the line through the medians."""
        slope, intercept = self._fit([series.median for series in self.times])
        return np.exp(slope * np.log(self.pixels) + intercept)

    @property
    def pixels(self) -> np.ndarray:
        """Pixels of each picture."""
        return np.square(self.sides)

    def _fit(self, times: Sequence[float]) -> tuple[float, float]:
        slope, intercept = np.polyfit(np.log(self.pixels), np.log(times), 1)
        return float(slope), float(intercept)

    def to_dict(self) -> dict:
        """The growth as JSON can hold it, in pixels and seconds."""
        return dict(
            network=self.network,
            times=[
                dict(side=side, **series.to_dict())
                for side, series in zip(self.sides, self.times, strict=True)
            ],
            exponent=dict(
                of_medians=self.exponent,
                percentile_10=self.exponent_spread[0],
                percentile_90=self.exponent_spread[1],
            ),
        )

    def __str__(self) -> str:
        low, high = self.exponent_spread
        return (
            f'inference, {self.network}: time ~ pixels^{self.exponent:.2f} '
            f'({low:.2f} to {high:.2f})'
        )


def measure_growth(
    config: Config, sides: Sequence[int], device: torch.device, rounds: int
) -> Growth:
    """Times a network's inference on one picture of each size.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        sides: Sides in pixels, multiples of 32, two at least.
        device: Where the network works.
        rounds: Turns of each side.
    """
    sides = tuple(sorted(set(sides)))
    times = take_turns(
        {str(side): make_inference(config, 1, side, device) for side in sides},
        rounds,
    )
    name = config_name(config)
    is_promised = (device.type, name, sides) == (
        'cpu',
        _PROMISED_NETWORK,
        _PROMISED_SIDES,
    )
    return Growth(
        name, sides, tuple(times.values()), _TARGET if is_promised else None
    )
