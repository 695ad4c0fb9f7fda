"""Where the figures of a table come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .figure import Figure

#: The paper's data sets by the ending of our configs' names.
DATA_SETS = {'rafdb': 'RAF-DB', 'sfew': 'SFEW'}

#: Stands in place of a class.
AVERAGE = 'average'

#: Class or `AVERAGE`, and one of AP, precision, recall and F1. The average AP
#: is mAP.
Key = tuple[str, str]


@dataclass(frozen=True)
class Source:
    """Figures by config.

    Attributes:
        name: What its rows are called.
        figures: AP, precision and recall in percent, F1 as a fraction, by the
            config's name and key.
    """

    name: str
    figures: Mapping[str, Mapping[Key, Figure]]

    def row(self, config: str, keys: Iterable[Key]) -> list[Figure]:
        """A config's figures; one that does not exist is missing."""
        known = self.figures.get(config, {})
        return [known.get(key, Figure()) for key in keys]
