"""Splits a set so that related images stay together and classes balanced."""

import hashlib
from collections import Counter
from collections.abc import Hashable, Mapping


def hold_out(
    groups: Mapping[str, Counter[Hashable]], fraction: float, seed: int = 0
) -> set[str]:
    """Chooses groups that together hold a fraction of every class.

    The groups are visited in an order drawn by lot, and each is taken that
    does not make any class exceed its share. Groups are small beside the
    shares, so what is missing in the end is small, too.

    >>> hold_out({'a': Counter(Happy=1), 'b': Counter(Happy=1)}, 0.5)
    {'a'}

    Args:
        groups: For each group, how often each class occurs in it.
        fraction: Share to hold out, between 0 and 1.
        seed: Another one gives another choice. The same gives the same
            everywhere.

    Returns:
        The groups to hold out.
    """
    totals = sum(groups.values(), Counter())
    missing = {label: round(n * fraction) for label, n in totals.items()}
    chosen = set()
    for name in sorted(groups, key=lambda name: _lot(name, seed)):
        counts = groups[name]
        if all(count <= missing[label] for label, count in counts.items()):
            chosen.add(name)
            for label, count in counts.items():
                missing[label] -= count
    return chosen


def _lot(name: str, seed: int) -> bytes:
    # Not Python's random: its order is not promised between versions.
    text = f'{seed}:{name}'.encode(errors='surrogateescape')
    return hashlib.sha256(text).digest()
