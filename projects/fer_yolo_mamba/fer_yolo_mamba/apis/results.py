"""The faces of a picture, and the forms in which people want them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..datasets.images import read_image
from ..errors import InputError
from ..faces import Face
from ..files import (
    csv_text,
    declare_input,
    inputs_kept,
    json_text,
    write_atomically,
)
from ..inputs import parse_json, quoted
from ..visualization import draw_faces, write_image

if TYPE_CHECKING:
    import pandas
    import supervision

#: Columns of a table of faces, before one for each expression.
COLUMNS = (
    *('source', 'frame', 'time', 'track', 'x1', 'y1', 'x2', 'y2'),
    *('expression', 'score', 'face_score'),
)


@dataclass(frozen=True)
class FERResult:
    """The faces of one picture.

    >>> happy = Face((10.0, 20.0, 50.0, 70.0), 'Happy', 0.9)
    >>> print(FERResult((happy,), 320, 240, 'photo.jpg'))
    photo.jpg: Happy 0.90

    Attributes:
        faces: By falling score.
        width: Of the picture, in pixels.
        height: Likewise.
        source: Its file or camera; None for what came from memory.
        frame: Its number in a film, an animation or pages, from 0; else None.
        time: Seconds from the film's beginning, or None.
        image: The picture itself (H, W, 3) uint8, BGR; None for an image
            file, which is read again where it is drawn on. A list of a long
            film's results holds all of its frames.
    """

    faces: tuple[Face, ...]
    width: int
    height: int
    source: str | None = None
    frame: int | None = None
    time: float | None = None
    image: np.ndarray | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        where = self.source or 'picture'
        if self.frame is not None:
            where += f', frame {self.frame}'
        return f'{where}: {self.found}'

    def __len__(self) -> int:
        return len(self.faces)

    @property
    def found(self) -> str:
        """Expression and score of every face, in words."""
        return (
            ', '.join(
                x.expression
                if x.score is None
                else f'{x.expression} {x.score:.2f}'
                for x in self.faces
            )
            or 'no face'
        )

    def to_dict(self) -> dict:
        """The result as JSON can hold it, without the picture."""
        return dict(
            source=self.source,
            frame=self.frame,
            time=self.time,
            width=self.width,
            height=self.height,
            faces=[face.to_dict() for face in self.faces],
        )

    @classmethod
    def from_dict(cls, values: Mapping) -> 'FERResult':
        """What :meth:`to_dict` made a dictionary of.

        Raises:
            InputError: It did not.
        """
        try:
            faces = tuple(Face.from_dict(face) for face in values['faces'])
            return cls(**{**values, 'faces': faces})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f'{quoted(values)} is no result: give what to_dict or to_json '
                'of one returned.'
            ) from error

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json_text(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> 'FERResult':
        """What :meth:`to_json` made a text of.

        Raises:
            InputError: It did not.
        """
        try:
            values = parse_json(text)
        except (AttributeError, TypeError, ValueError):
            values = text
        return cls.from_dict(values)

    def rows(self) -> list[dict]:
        """One row a face: :data:`COLUMNS`, then the score of each expression.

        >>> sad = Face((1.0, 2.0, 3.0, 4.0), 'Sad')
        >>> FERResult((sad,), 8, 6).rows()[0]['x2']
        3.0
        """
        return [
            dict(
                zip(
                    COLUMNS,
                    (
                        *(self.source, self.frame, self.time, face.track),
                        *face.bbox,
                        *(face.expression, face.score, face.face_score),
                    ),
                    strict=True,
                ),
                **(face.scores or {}),
            )
            for face in self.faces
        ]

    def to_frame(self) -> 'pandas.DataFrame':
        """:meth:`rows` as a table of pandas.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise _missing('pandas') from error
        rows = self.rows()
        return pandas.DataFrame(rows, columns=None if rows else list(COLUMNS))

    def to_supervision(self) -> 'supervision.Detections':
        """The faces for the tools of supervision.

        Class ids count the expressions in the order of the scores; names and
        face scores are in ``data``.

        Raises:
            InputError: supervision is not installed, or a face has no score.
        """
        try:
            import supervision
        except ImportError as error:
            raise _missing('supervision') from error
        if not self.faces:
            return supervision.Detections.empty()
        if any(face.scores is None for face in self.faces):
            raise InputError(
                'a face has no scores, as annotated ones: give a result of a '
                'detector.'
            )
        tracks = [face.track for face in self.faces]
        return supervision.Detections(
            xyxy=np.float32([face.bbox for face in self.faces]),
            confidence=np.float32([face.score for face in self.faces]),
            class_id=np.array(
                [list(x.scores).index(x.expression) for x in self.faces]
            ),
            tracker_id=None if None in tracks else np.array(tracks),
            data=dict(
                class_name=np.array([x.expression for x in self.faces]),
                face_score=np.float32([x.face_score for x in self.faces]),
            ),
        )

    def plot(self) -> np.ndarray:
        """Draws the faces on their picture.

        Returns:
            A new picture (H, W, 3) uint8, BGR.

        Raises:
            InputError: The picture's file cannot be read any more, or the
                result came from a dictionary and names none.
        """
        return draw_faces(self._picture(), self.faces)

    def crops(self) -> list[np.ndarray]:
        """Cuts the faces out of their picture, in the order of `faces`.

        Returns:
            Pictures (h, w, 3) uint8, BGR.

        Raises:
            InputError: As :meth:`plot`.
        """
        image = self._picture()
        crops = []
        for face in self.faces:
            x1, y1 = (int(value) for value in face.bbox[:2])
            x2, y2 = (int(np.ceil(value)) for value in face.bbox[2:])
            crops.append(image[y1:y2, x1:x2].copy())
        return crops

    def save(self, path: str | PathLike) -> None:
        """Writes the result: its picture, or its numbers as ``.json``.

        Args:
            path: Ends in ``.json``, ``.jpg``, ``.png`` …

        Raises:
            InputError: As :meth:`plot`; or nothing is written with such a
                suffix; or it would be written over the photograph.
        """
        path = Path(os.path.expanduser(path))
        with inputs_kept():
            if self.source:
                declare_input(self.source)
            if path.suffix.lower() == '.json':
                write_atomically(path, self.to_json())
            else:
                write_image(path, self.plot())

    def _picture(self) -> np.ndarray:
        if self.image is not None:
            return self.image
        if self.source is None or self.frame is not None:
            raise InputError(
                f'{self} has no picture to draw on: take the result as the '
                'detector gave it.'
            )
        return read_image(self.source)


def faces_csv(rows: Iterable[Mapping]) -> str:
    """A CSV table of :meth:`FERResult.rows`, its header even without a face."""
    rows = list(rows)
    columns = list(dict.fromkeys([*COLUMNS, *(x for row in rows for x in row)]))
    return csv_text([columns, *([row.get(x) for x in columns] for row in rows)])


def _missing(library: str) -> InputError:
    return InputError(
        f'{library} is not installed: pip install "fer-yolo-mamba[{library}]".'
    )
