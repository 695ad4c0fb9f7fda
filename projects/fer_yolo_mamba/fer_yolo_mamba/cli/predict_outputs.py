"""What ``fer-yolo-mamba predict`` writes: pictures, films, records, a table."""

import argparse
import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..apis import FERResult
from ..apis.films import FilmTally, FilmWriter, Persons
from ..apis.results import faces_csv
from ..datasets.frames import is_film
from ..files import (
    is_input,
    write_atomically,
    write_json,
)
from ..visualization import contact_sheet, figure_png
from .drawings import mark_film, write_drawing

#: Suffixes of what is written for each source.
WRITTEN = ('.jpg', '.mp4', '.json')


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
        self._persons = Persons()

    def __enter__(self) -> 'Outputs':
        return self

    def __exit__(self, *error: object) -> None:
        # Also of what an interrupt has cut short. The last is done first, and
        # where one fails the others are done all the same.
        with ExitStack() as steps:
            steps.callback(self._write_timeline)
            steps.callback(self._write_sheet)
            steps.callback(self._write_table)
            steps.callback(self._end_film)

    def add(self, result: FERResult) -> None:
        """Writes one result."""
        if self.args.csv:
            self._rows += result.rows()
        if _is_film(result):
            if self._film is None or not self._film.goes_on_with(result):
                self._end_film()
                name = self._name(result)
                self._film = _Film(
                    result.source, name, self.args, self._free_since
                )
            self._film.add(result)
            name = self._film.name
            if self.args.timeline:
                self._persons.add(result, name)
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
                # Any weights file's: no folder.
                expression = re.sub(r'[/\\]', '_', face.expression)
                crop_name = f'{name}{number}_{i}_{expression}.jpg'
                write_drawing(self.args.out / 'crops' / crop_name, crop)

    def _add_picture(self, result: FERResult, name: str) -> None:
        picture = self.args.out / f'{name}.jpg'
        if not self.args.no_pictures or self.args.sheet:
            annotated = result.plot()
        if self.args.sheet:
            # Small, as there: of large photographs few fit into the memory.
            self._sheet.append(contact_sheet([annotated], gap=0))
        if self.args.json:
            write_json(picture.with_suffix('.json'), result.to_dict())
        if self.args.no_pictures:
            print(result)
        else:
            write_drawing(picture, annotated)
            print(f'{result} -> {picture}')

    def _end_film(self) -> None:
        if self._film is not None:
            self._film.close()
            self._film = None
            self._free_since = time.perf_counter()

    def _write_table(self) -> None:
        if self.args.csv:
            write_atomically(self.args.csv, faces_csv(self._rows))

    def _write_sheet(self) -> None:
        if not self.args.sheet:
            return
        if self._sheet:
            write_drawing(self.args.sheet, contact_sheet(self._sheet))
        else:
            print(
                f'{self.args.sheet} is not written: no picture was looked at, '
                'and films are on no sheet.',
                file=sys.stderr,
            )

    def _write_timeline(self) -> None:
        if not self.args.timeline:
            return
        timeline = self._persons.timeline()
        if timeline:
            write_atomically(self.args.timeline, figure_png(timeline))
        else:
            print(
                f'{self.args.timeline} is not written: nobody is seen twice.',
                file=sys.stderr,
            )

    def _name(self, result: FERResult) -> str:
        """A name for a source's results; a number tells equal ones apart.

        None is that of an input: those may lie in the same folder.
        """
        stem = Path(result.source or 'picture').stem
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
        self._writer = FilmWriter(args.out / f'{name}.mp4', source, args.every)
        self._records: list[dict] = []
        self._started = started
        self._tally = FilmTally()
        self._last = -1
        # Of the first and the last frame, in seconds.
        self._begin = self._end = 0.0

    def goes_on_with(self, result: FERResult) -> bool:
        """Whether it is a frame of this film, and not of the same again."""
        return result.source == self.source and result.frame > self._last

    def add(self, result: FERResult) -> None:
        self._last = result.frame
        if not self._tally.frames:
            self._begin = result.time
        self._end = result.time
        self._tally.add(result)
        if self.args.json:
            self._records.append(result.to_dict())
        if not self.args.no_pictures:
            self._writer.add(result.plot(), result.time)

    def close(self) -> None:
        seconds = time.perf_counter() - self._started
        length, path = self._end - self._begin, self._writer.path
        said = f'{self._tally}, {self._tally.frames / seconds:.1f} frames/s'
        if length and is_film(self.source):
            said += f' (the film: {(self._tally.frames - 1) / length:.1f})'
        if self._writer.close():
            mark_film(path)
            said += f' -> {path}'
        if self.args.json:
            write_json(path.with_suffix('.json'), self._records)
        print(f'{self.source}: {said}')


def _is_film(result: FERResult) -> bool:
    """Whether the result is a frame of a film or a camera."""
    # A camera is no file, and an animation on standard input has no name.
    return bool(result.frame is not None and result.source) and (
        is_film(result.source) or not Path(result.source).exists()
    )
