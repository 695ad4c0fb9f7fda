"""How far a run is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """The stages of a run."""

    WAITING = 'waiting'
    TRAINING = 'training'
    TESTING = 'testing'
    DONE = 'done'
    FAILED = 'failed'


@dataclass(frozen=True)
class RunStatus:
    """A stage, and what is known in it.

    >>> print(RunStatus(State.TRAINING, 'epoch 3/5'))
    training epoch 3/5

    Attributes:
        state: The stage.
        detail: The epoch of a training, the reason of a failure, or ''.
        figures: Those of a finished run; see :func:`~.figures.figures_of`.
    """

    state: State = State.WAITING
    detail: str = ''
    figures: Mapping[str, float] | None = None

    def __str__(self) -> str:
        if not self.detail:
            return self.state.value
        separator = ': ' if self.state is State.FAILED else ' '
        return f'{self.state.value}{separator}{self.detail}'
