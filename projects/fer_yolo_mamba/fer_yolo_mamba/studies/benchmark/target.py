"""Target: a figure that the project wants to reach."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A limit, and the side of it that is good.

    >>> str(Target(1.3, at_least=False))
    'at most 1.3'

    Attributes:
        limit: The figure.
        at_least: Whether figures above the limit reach it, or those below.
    """

    limit: float
    at_least: bool

    def is_reached(self, figure: float) -> bool:
        """Whether a figure reaches it; the limit itself does."""
        if self.at_least:
            return figure >= self.limit
        return figure <= self.limit

    def __str__(self) -> str:
        return f'at {"least" if self.at_least else "most"} {self.limit:g}'
