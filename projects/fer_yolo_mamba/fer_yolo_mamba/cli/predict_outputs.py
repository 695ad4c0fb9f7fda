"""What ``fer-yolo-mamba predict`` writes: pictures, films, records, a table."""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from ..apis import FERResult
from ..apis.results import COLUMNS
from ..datasets.frames import is_film, video_facts
from ..errors import InputError
from ..files import (
    csv_text,
    is_input,
    refuse_input,
    write_atomically,
    write_json,
)
from ..visualization import (
    contact_sheet,
    draw_timeline,
    figure_png,
    write_image,
)
from .film_sound import keep_sound

#: Suffixes of what is written for each source.
WRITTEN = ('.jpg', '.mp4', '.json')
# Of a film that does not say it, and of a camera.
_FRAMES_A_SECOND = 25.0


class Outputs:
    """Writes results, in their order, as a command's arguments say.

    Args:
        args: Those of ``predict``.

    Attributes:
        draws: Whether the pictures themselves are needed.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.draws = (
            not args.no_pictures
            or args.save_crops
            or args.show
            or args.sheet is not None
        )
        self._names: set[str] = set()
        self._rows: list[dict] = []
        self._sheet: list[np.ndarray] = []
        self._film: _Film | None = None
        self._free_since = time.perf_counter()
        # By name of the person: when the face was seen, and its scores.
        self._persons: dict[str, list[tuple[float, Mapping[str, float]]]] = {}

    def __enter__(self) -> 'Outputs':
        return self

    def __exit__(self, *error: object) -> None:
        # Also of what an interrupt has cut short.
        self._end_film()
        if self.args.csv:
            columns = list(
                dict.fromkeys([*COLUMNS, *(x for r in self._rows for x in r)])
            )
            rows = ([row.get(x) for x in columns] for row in self._rows)
            write_atomically(self.args.csv, csv_text([columns, *rows]))
        if self.args.sheet and self._sheet:
            write_image(self.args.sheet, contact_sheet(self._sheet))
        if self.args.timeline:
            if self._persons:
                content = figure_png(draw_timeline(self._persons))
                write_atomically(self.args.timeline, content)
            else:
                print(
                    f'{self.args.timeline} is not written: nobody is seen '
                    'twice.',
                    file=sys.stderr,
                )

    def add(self, result: FERResult) -> None:
        """Writes one result."""
        if self.args.csv:
            self._rows += result.rows()
        if _is_film(result):
            if self._film is None or self._film.source != result.source:
                self._end_film()
                name = self._name(result)
                self._film = _Film(
                    result.source, name, self.args, self._free_since
                )
            self._film.add(result)
            name = self._film.name
            if self.args.timeline:
                self._add_looks(result, name)
        else:
            self._end_film()
            name = self._name(result)
            self._add_picture(result, name)
            self._free_since = time.perf_counter()
        if self.args.save_crops:
            number = '' if result.frame is None else f'_{result.frame:06}'
            for i, (face, crop) in enumerate(
                zip(result.faces, result.crops(), strict=True), 1
            ):
                crop_name = f'{name}{number}_{i}_{face.expression}.jpg'
                write_image(self.args.out / 'crops' / crop_name, crop)

    def _add_picture(self, result: FERResult, name: str) -> None:
        picture = self.args.out / f'{name}.jpg'
        if not self.args.no_pictures or self.args.sheet:
            annotated = result.plot()
        if self.args.sheet:
            self._sheet.append(annotated)
        if self.args.json:
            write_json(picture.with_suffix('.json'), result.to_dict())
        if self.args.no_pictures:
            print(result)
        else:
            write_image(picture, annotated)
            print(f'{result} -> {picture}')

    def _add_looks(self, result: FERResult, film: str) -> None:
        for face in result.faces:
            if face.track is not None:
                person = self._persons.setdefault(f'{film} #{face.track}', [])
                person.append((result.time, face.scores))

    def _end_film(self) -> None:
        if self._film is not None:
            self._film.close()
            self._film = None
            self._free_since = time.perf_counter()

    def _name(self, result: FERResult) -> str:
        """A name for a source's results; a number tells equal ones apart.

        None is that of an input: those may lie in the same folder.
        """
        stem = Path(result.source).stem
        if result.frame is not None and not _is_film(result):
            stem += f'_{result.frame:03}'
        name, number = stem, 2
        while name in self._names or any(
            is_input(self.args.out / f'{name}{suffix}') for suffix in WRITTEN
        ):
            name, number = f'{stem}_{number}', number + 1
        self._names.add(name)
        return name


class _Film:
    """An annotated film, and the record of its frames."""

    def __init__(
        self, source: str, name: str, args: argparse.Namespace, started: float
    ) -> None:
        self.source, self.name, self.args = source, name, args
        self.path = args.out / f'{name}.mp4'
        self._part = self.path.with_name(f'.{name}.part.mp4')
        self._writer: cv2.VideoWriter | None = None
        self._records: list[dict] = []
        self._started = started
        self._rate: float | None = None
        if Path(source).is_file():
            _, self._rate = video_facts(source)
        self._frames = self._faces = 0
        self._tracks: set[int] = set()

    def add(self, result: FERResult) -> None:
        self._frames += 1
        self._faces += len(result)
        self._tracks |= {x.track for x in result.faces if x.track is not None}
        if self.args.json:
            self._records.append(result.to_dict())
        if not self.args.no_pictures:
            if self._writer is None:
                self._writer = self._opened(result.width, result.height)
            self._writer.write(result.plot())

    def close(self) -> None:
        seconds = time.perf_counter() - self._started
        said = f'{self._frames} frames, {self._faces} faces'
        if self._tracks:
            persons = 'person' if len(self._tracks) == 1 else 'persons'
            said += f' of {len(self._tracks)} {persons}'
        said += f', {self._frames / seconds:.1f} frames/s'
        if self._rate:
            said += f' (the film: {self._rate / self.args.every:.1f})'
        if self._writer is not None:
            self._writer.release()
            if Path(self.source).is_file():
                keep_sound(self._part, self.source)
            os.replace(self._part, self.path)
            said += f' -> {self.path}'
        if self.args.json:
            write_json(self.path.with_suffix('.json'), self._records)
        print(f'{self.source}: {said}')

    def _opened(self, width: int, height: int) -> cv2.VideoWriter:
        refuse_input(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        writer = cv2.VideoWriter(
            str(self._part),
            cv2.VideoWriter.fourcc(*'mp4v'),
            (self._rate or _FRAMES_A_SECOND) / self.args.every,
            (width, height),
        )
        if not writer.isOpened():
            raise InputError(
                f'{self.path} cannot be written as a film: name another --out, '
                'or add --no-pictures.'
            )
        return writer


def _is_film(result: FERResult) -> bool:
    """Whether the result is a frame of a film or a camera."""
    # A camera's name has no suffix.
    return result.frame is not None and (
        is_film(result.source) or not Path(result.source).suffix
    )
