"""A detector for pipelines: batches of pictures in, tables of faces out.

Needs the extra ``ray``, of which this file uses Arrow alone: any library that
hands on batches of columns can call it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike

import pyarrow as pa

from ..errors import InputError
from .detector import FERDetector
from .results import COLUMNS, FERResult
from .sources import One

_TYPES = {
    **{'source': pa.string(), 'expression': pa.string()},
    **{'frame': pa.int64(), 'time': pa.float64(), 'track': pa.int64()},
}


class BatchDetector:
    """Finds the faces of batches; one network an object, or a Ray actor.

    >>> pictures = ray.data.read_binary_files('album/', include_paths=True)
    >>> faces = pictures.map_batches(
    ...     BatchDetector,
    ...     batch_size=64,
    ...     num_cpus=1,
    ...     compute=ray.data.ActorPoolStrategy(size=2),
    ... )

    Args:
        weights: See :class:`~.detector.FERDetector`, also for what follows.
        device: ``cpu``, ``cuda`` …
        score_thr: Least score of a face.
        sizes: Fractions of the input side in which each picture is looked at.
        min_face: Least width and height of a face, in pixels.
        half: Whether to compute in half precision, on a GPU.
        batch_size: Pictures that the network looks at together.

    Attributes:
        detector: The detector.
        batch_size: As given.
        schema: That of the tables, see :func:`faces_schema`.

    Raises:
        InputError: As :class:`~.detector.FERDetector`.
    """

    def __init__(
        self,
        weights: str | PathLike | None = None,
        device: str | None = None,
        score_thr: float | None = None,
        *,
        sizes: Sequence[float] | None = None,
        min_face: float = 0,
        half: bool = False,
        batch_size: int = 1,
    ) -> None:
        self.detector = FERDetector(
            weights,
            device,
            score_thr,
            sizes=sizes,
            min_face=min_face,
            half=half,
        )
        self.schema = faces_schema(self.detector.classes)
        self.batch_size = batch_size

    def __call__(self, batch: Mapping[str, Sequence]) -> pa.Table:
        """The faces of a batch.

        Args:
            batch: Columns ``path``, ``bytes`` (what image files hold), or
                both, where the paths are but names.

        Raises:
            InputError: It has neither.
        """
        if not {'path', 'bytes'} & batch.keys():
            raise InputError(
                f'a batch has the columns {", ".join(batch)}: give it one of '
                'paths, path, or one of what image files hold, bytes.'
            )
        contents = batch.get('bytes', batch.get('path'))
        names = batch.get('path', [None] * len(contents))
        return self.faces(zip(names, contents, strict=True))

    def faces(
        self, pictures: Iterable[tuple[str | None, One | InputError]]
    ) -> pa.Table:
        """As a call, for names and pictures that come one after the other."""
        names: list[str | None] = []

        def contents() -> Iterator[One | InputError]:
            for name, picture in pictures:
                names.append(name)
                yield picture

        outcomes = self.detector.outcomes(
            contents(), batch_size=self.batch_size
        )
        rows: list[dict] = []
        for number, outcome in outcomes:
            rows += face_rows(outcome, names[number])
        return pa.Table.from_pylist(rows, self.schema)


def faces_schema(classes: Sequence[str]) -> pa.Schema:
    """Columns of a table of faces.

    A row is a face: :data:`~.results.COLUMNS` and a score for each class; or
    what could not be read: its source, and ``error``. All else is null. A
    picture without a face has no row.
    """
    names = (*COLUMNS, *classes)
    columns = [(name, _TYPES.get(name, pa.float32())) for name in names]
    return pa.schema([*columns, ('error', pa.string())])


def face_rows(
    outcome: FERResult | InputError, source: str | None
) -> list[dict]:
    """Rows of such a table: of the faces, or why there are none."""
    if isinstance(outcome, FERResult):
        found = outcome.rows()
        # A file of the folder, or of the pattern, that the name stands for.
        source = outcome.source or source
    else:
        found = [dict(error=_text(str(outcome)))]
    return [{**row, 'source': _text(source)} for row in found]


def _text(name: str | None) -> str | None:
    """What a column of text can hold: names of files need not be text."""
    if name is None:
        return None
    return name.encode(errors='backslashreplace').decode()
