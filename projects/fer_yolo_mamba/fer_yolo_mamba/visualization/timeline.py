"""What the persons of a film show, over its time."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from .plots import class_colours, verbatim

# Rows that a page still shows.
_MOST_ROWS = 20
# So many usual steps between two looks are a gap.
_GAP = 3


def draw_timeline(
    persons: Mapping[str, Sequence[tuple[float, Mapping[str, float]]]],
) -> Figure:
    """Draws a row a person: the scores of the expressions, one on another.

    >>> draw_timeline({'film #1': [(0.0, {'Sad': 0.4}), (0.1, {'Sad': 0.5})]})

    The height of all is the probability of a face; where it was not seen,
    there is none.

    Args:
        persons: By name: seconds and scores of each look at the face, in
            their order, of the same expressions everywhere. Of many persons,
            those of the most looks are drawn.

    Returns:
        A figure with an axis a person, in the order of `persons`.
    """
    longest = sorted(persons, key=lambda name: -len(persons[name]))
    shown = [name for name in persons if name in longest[:_MOST_ROWS]]
    rows = max(len(shown), 1)
    figure = Figure(figsize=(10, 1 + 1.1 * rows), layout='constrained')
    axes = figure.subplots(rows, 1, sharex=True, sharey=True, squeeze=False)
    classes: list[str] = []
    for axis, name in zip(axes[:, 0], shown, strict=False):
        classes = list(persons[name][0][1])
        times, scores = _with_gaps(persons[name])
        axis.stackplot(times, scores.T, colors=class_colours(classes))
        axis.set_ylabel(verbatim(name), rotation=0, ha='right', va='center')
    axes[0, 0].set(ylim=(0, 1), yticks=(0, 1))
    axes[-1, 0].set_xlabel('seconds')
    figure.legend(
        [Patch(color=colour) for colour in class_colours(classes)],
        [verbatim(name) for name in classes],
        loc='outside upper center',
        ncols=max(len(classes), 1),
        fontsize=8,
    )
    if len(shown) < len(persons):
        axes[0, 0].set_title(
            f'the {len(shown)} of {len(persons)} persons who are seen longest'
        )
    return figure


def _with_gaps(
    looks: Sequence[tuple[float, Mapping[str, float]]],
) -> tuple[np.ndarray, np.ndarray]:
    """Times (N,) and scores (N, C); NaN where the face was not seen."""
    times = np.array([time for time, _ in looks])
    scores = np.array([list(scores.values()) for _, scores in looks])
    steps = np.diff(times)
    gaps = np.flatnonzero(steps > _GAP * np.median(steps)) if len(steps) else []
    nothing = np.full((len(gaps), scores.shape[1]), np.nan)
    at = np.asarray(gaps, int) + 1
    return (
        np.insert(times, at, times[at - 1]),
        np.insert(scores, at, nothing, axis=0),
    )
