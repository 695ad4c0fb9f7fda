"""The page about a proof."""

from collections.abc import Iterable, Iterator, Sequence

from ...reports.page import Block, Heading, Page, Paragraph, Table
from .kills import Kill
from .outcomes import (
    FAULTS,
    MOST_BYTES,
    MOST_SECONDS,
    Outcome,
    Verdict,
    tallies,
)

# Of faults that are all alike, a few are enough to read.
_MOST_SHOWN = 40


def proof_page(
    machine: str,
    seed: int,
    inputs: Sequence[Outcome],
    checkpoints: Sequence[Outcome],
    kills: Sequence[Kill],
) -> Page:
    """One row a reader, one a path, and how the kills went."""
    blocks = [
        Paragraph(
            f'Measured on {machine}; seed {seed}. Each trial must end in '
            'acceptance with a sane result, or in one line and status 2. '
            f'A refusal may cost {MOST_SECONDS:g} s of a processor and '
            f'{MOST_BYTES / 1e9:g} GB of memory, libraries included.'
        )
    ]
    if inputs:
        blocks += _section('Damaged inputs', 'reader', inputs)
    if checkpoints:
        blocks += _section('Hostile checkpoints', 'path', checkpoints)
    if kills:
        blocks += _of_kills(kills)
    return Page('Reliability', tuple(blocks))


def _section(
    title: str, what: str, outcomes: Sequence[Outcome]
) -> Iterator[Block]:
    yield Heading(title)
    yield Paragraph(_sums(outcomes))
    yield Table(
        (
            *(what, 'trials', 'accepted', 'refused', 'faults'),
            *('most seconds', 'most memory (GB)'),
        ),
        [
            (
                tally.subject,
                tally.trials,
                tally.counts[Verdict.ACCEPTED],
                tally.counts[Verdict.REFUSED],
                tally.faults,
                f'{tally.seconds:.2f}',
                f'{tally.peak_bytes / 1e9:.2f}',
            )
            for tally in tallies(outcomes)
        ],
    )
    if faults := [x for x in outcomes if x.verdict.is_fault]:
        yield Table(
            ('fault', 'trial', 'what it said'),
            [
                (x.verdict.value, f'{x.subject} {x.number}', x.said)
                for x in faults[:_MOST_SHOWN]
            ],
        )


def _sums(outcomes: Iterable[Outcome]) -> str:
    verdicts = [outcome.verdict for outcome in outcomes]
    parts = [
        f'{verdicts.count(fault)} × {fault.value}'
        for fault in FAULTS
        if fault in verdicts
    ]
    faults = '; '.join(parts) if parts else 'no fault'
    return f'{len(verdicts)} trials: {faults}.'


def _of_kills(kills: Sequence[Kill]) -> Iterator[Block]:
    equal = [kill for kill in kills if not kill.difference]
    yield Heading('Killed trainings')
    yield Paragraph(
        f'{len(equal)} of {len(kills)} trainings that were killed at a random '
        'moment (SIGKILL) and resumed end with the weights, averages, '
        'optimizer and schedules of one that was not killed, bit by bit. '
        f'{sum(kill.was_writing for kill in kills)} were killed while they '
        'wrote a file.'
    )
    saved = sorted({kill.epochs for kill in kills})
    yield Table(
        ('epochs saved before the kill', 'kills', 'equal'),
        [
            (
                epochs,
                sum(kill.epochs == epochs for kill in kills),
                sum(kill.epochs == epochs for kill in equal),
            )
            for epochs in saved
        ],
    )
    if wrong := [kill for kill in kills if kill.difference]:
        yield Table(
            ('kill', 'moment', 'difference'),
            [(k.number, f'{k.moment:.3f}', k.difference) for k in wrong],
        )
