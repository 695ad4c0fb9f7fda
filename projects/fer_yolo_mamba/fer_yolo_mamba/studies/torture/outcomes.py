"""How a trial can end, and what of it is a fault."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

#: What a refused file may cost: resident memory of the whole process, of which
#: the libraries take 0.4 GB, and seconds of a processor.
MOST_BYTES = 1_500_000_000
MOST_SECONDS = 5.0


class ImpossibleResult(AssertionError):
    """A file was taken, and something made of it that cannot be."""


class Verdict(Enum):
    """How a trial ended; the value is what tables print."""

    ACCEPTED = 'accepted'
    REFUSED = 'refused'
    TRACEBACK = 'traceback'
    WORDY = 'refused, but not in one line'
    IMPOSSIBLE = 'accepted, with an impossible result'
    COSTLY = 'refused at too high a cost'
    CRASHED = 'interpreter died'
    ENDLESS = 'no end'
    ESCAPED = 'foreign code ran'
    OVERWRITTEN = 'an input changed'

    @property
    def is_fault(self) -> bool:
        """Whether it should never happen."""
        return self not in (Verdict.ACCEPTED, Verdict.REFUSED)


#: The verdicts that should never happen.
FAULTS = tuple(verdict for verdict in Verdict if verdict.is_fault)


@dataclass(frozen=True)
class Outcome:
    """The end of one trial.

    Attributes:
        subject: Name of the reader or path that was tried.
        number: Of the trial among those of its subject; or the name of a
            hostile checkpoint.
        verdict: How it ended.
        seconds: Of a processor.
        peak_bytes: Most resident memory of the process meanwhile.
        said: The line of a refusal, or what tells the fault.
        kept: Where the input of a fault was kept.
    """

    subject: str
    number: str
    verdict: Verdict
    seconds: float = 0.0
    peak_bytes: int = 0
    said: str = ''
    kept: str = ''

    def to_dict(self) -> dict:
        """As plain data."""
        return {**vars(self), 'verdict': self.verdict.value}


@dataclass(frozen=True)
class Tally:
    """The outcomes of one subject, counted.

    Attributes:
        subject: Its name.
        counts: Trials by verdict.
        seconds: Most of any refusal.
        peak_bytes: Likewise.
    """

    subject: str
    counts: Counter[Verdict]
    seconds: float
    peak_bytes: int

    @classmethod
    def of(cls, subject: str, outcomes: Iterable[Outcome]) -> 'Tally':
        """Of the outcomes of a subject."""
        outcomes = list(outcomes)
        refused = [x for x in outcomes if x.verdict is not Verdict.ACCEPTED]
        return cls(
            subject,
            Counter(x.verdict for x in outcomes),
            max((x.seconds for x in refused), default=0.0),
            max((x.peak_bytes for x in refused), default=0),
        )

    @property
    def faults(self) -> int:
        """Trials that should not have ended as they did."""
        return sum(self.counts[verdict] for verdict in FAULTS)

    @property
    def trials(self) -> int:
        """All of them."""
        return self.counts.total()


def tallies(outcomes: Iterable[Outcome]) -> list[Tally]:
    """One for each subject, in the order of the first outcomes."""
    by_subject: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_subject.setdefault(outcome.subject, []).append(outcome)
    return [Tally.of(*item) for item in by_subject.items()]
