"""What ``fer-yolo-mamba predict`` writes: pictures, films, records, a table."""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np

from ..apis import FERResult
from ..apis.results import COLUMNS
from ..datasets.frames import VIDEO_SUFFIXES, video_facts
from ..errors import InputError
from ..files import (
    csv_text,
    is_input,
    refuse_input,
    write_atomically,
    write_json,
)
from ..visualization import contact_sheet, write_image

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

    def add(self, result: FERResult) -> None:
        """Writes one result."""
        if self.args.csv:
            self._rows += result.rows()
        if _is_film(result):
            if self._film is None or self._film.source != result.source:
                self._end_film()
                name = self._name(result)
                self._film = _Film(result.source, name, self.args)
            self._film.add(result)
            name = self._film.name
        else:
            self._end_film()
            name = self._name(result)
            self._add_picture(result, name)
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

    def _end_film(self) -> None:
        if self._film is not None:
            self._film.close()
            self._film = None

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

    def __init__(self, source: str, name: str, args: argparse.Namespace):
        self.source, self.name, self.args = source, name, args
        self.path = args.out / f'{name}.mp4'
        self._part = self.path.with_name(f'.{name}.part.mp4')
        self._writer: cv2.VideoWriter | None = None
        self._records: list[dict] = []
        self._frames = self._faces = 0

    def add(self, result: FERResult) -> None:
        self._frames += 1
        self._faces += len(result)
        if self.args.json:
            self._records.append(result.to_dict())
        if not self.args.no_pictures:
            if self._writer is None:
                self._writer = self._opened(result.width, result.height)
            self._writer.write(result.plot())

    def close(self) -> None:
        where = ''
        if self._writer is not None:
            self._writer.release()
            os.replace(self._part, self.path)
            where = f' -> {self.path}'
        if self.args.json:
            write_json(self.path.with_suffix('.json'), self._records)
        print(
            f'{self.source}: {self._frames} frames, {self._faces} faces{where}'
        )

    def _opened(self, width: int, height: int) -> cv2.VideoWriter:
        refuse_input(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rate = None
        if Path(self.source).is_file():
            _, rate = video_facts(self.source)
        writer = cv2.VideoWriter(
            str(self._part),
            cv2.VideoWriter.fourcc(*'mp4v'),
            (rate or _FRAMES_A_SECOND) / self.args.every,
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
    return result.frame is not None and (
        Path(result.source).suffix.lower() in ('', *VIDEO_SUFFIXES)
    )
