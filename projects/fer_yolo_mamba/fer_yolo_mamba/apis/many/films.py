"""Films whose parts are looked at by many: what is seen, and who is who.

What the network says of the frames of a part waits in a file, faint faces
too, until the film is whole; then its faces are followed from its beginning.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...datasets.film_parts import film_part_frames
from ...datasets.frames import FilmClock, Frame
from ...errors import InputError
from ..batch import BatchDetector, face_rows
from ..results import FERResult
from ..tracks import FAINT, follow_faces
from .listing import Item
from .places import open_place, told, without_query
from .tables import REMOVE, write_table

_SCHEMA = pa.schema([('result', pa.string())])
_ERROR = b'error'


def look_at_part(
    item: Item, detector: BatchDetector
) -> Iterator[FERResult | InputError]:
    """What is seen in each frame of a part of a film.

    Yields:
        Results without numbers of frames, faces down to where they may be
        followed; at last, it may be, why no more can be read.
    """
    for _, outcome in detector.detector.outcomes(
        _frames(item),
        batch_size=detector.batch_size,
        film_thr=detector.detector.score_thr * FAINT,
    ):
        yield outcome


def write_part(path: Path, outcomes: Iterable[FERResult | InputError]) -> int:
    """Writes what was seen; the number of its frames."""
    results, metadata = [], {}
    for outcome in outcomes:
        if isinstance(outcome, InputError):
            metadata[_ERROR] = str(outcome).encode(errors='backslashreplace')
        else:
            results.append(outcome.to_json())
    schema = _SCHEMA.with_metadata(metadata)
    write_table(pa.table(dict(result=results), schema), path)
    return len(results)


def link_film(
    parts: Sequence[Path],
    tables: Sequence[Path],
    name: str,
    detector: BatchDetector,
) -> None:
    """Numbers frames and persons, and writes the tables of faces.

    Args:
        parts: Files of all parts of a film, in their order, which are then
            removed.
        tables: Of the same parts.
        name: Of the film.
        detector: The one that looked at the parts.

    Raises:
        InputError: A part is damaged.
    """
    clock = FilmClock()
    frames = (
        replace(frame, frame=i, time=clock(frame.time))
        for i, frame in enumerate(chain.from_iterable(map(_results, parts)))
    )
    followed = follow_faces(frames, detector.detector.score_thr)
    counts, errors = zip(*map(_count_and_error, parts), strict=True)
    if not any(errors) and not any(counts):
        errors = (*errors[:-1], f'{name} has no whole frame: copy it again.')
    for count, error, table in zip(counts, errors, tables, strict=True):
        outcomes = [*islice(followed, count)]
        if error:
            outcomes.append(InputError(error))
        rows = [row for x in outcomes for row in face_rows(x, name)]
        write_table(pa.Table.from_pylist(rows, detector.schema), table)
    for part in parts:
        part.unlink(missing_ok=True)


def _frames(item: Item) -> Iterator[Frame | InputError]:
    try:
        with open_place(item.path) as file:
            name = without_query(item.path)
            yield from film_part_frames(file, item.part, name)
    except InputError as error:
        yield error


def _count_and_error(part: Path) -> tuple[int, str | None]:
    with told(str(part), REMOVE):
        footer = pq.read_metadata(part)
        error = (footer.metadata or {}).get(_ERROR)
        return footer.num_rows, error.decode() if error else None


def _results(part: Path) -> Iterator[FERResult]:
    with told(str(part), REMOVE):
        texts = pq.read_table(part, schema=_SCHEMA)['result'].to_pylist()
    for text in texts:
        yield FERResult.from_json(text)
