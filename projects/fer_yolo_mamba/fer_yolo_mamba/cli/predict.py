"""Finds faces in pictures and films, names their expressions, draws them.

fer-yolo-mamba predict photo.jpg film.mp4 'album/*.jpg' --csv faces.csv
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO, TypeAlias

import cv2

from ..apis import FERDetector
from ..apis.sources import find_files
from ..apis.tracks import NO_TRACKER, can_follow
from ..datasets.frames import is_film, video_facts
from ..errors import InputError
from ..files import (
    OutputPath,
    declare_input,
    refuse_unwritable,
    withdraw_input,
)
from . import run_cli
from .arguments import add_looking_arguments, add_network_arguments, whole
from .drawings import is_drawing
from .predict_outputs import WRITTEN, Outputs
from .printing import progress_bar

# A file, the number of a camera, or what is on standard input.
_Item: TypeAlias = str | int | BinaryIO


def make_parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'inputs',
        nargs='+',
        metavar='INPUT',
        help='image, film, folder (all that is in it), quoted pattern, '
        'number of a camera, or - for an image on standard input',
    )
    _add_network_arguments(parser)
    _add_output_arguments(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes what is asked for of each picture and film.

    What cannot be read is left out, counted and named at the end, with status
    1; where it is all that was named, it is the command's own error.
    """
    faults: list[InputError] = []
    items = _items(args, faults)
    _keep_neighbours(items, args.out)
    _check_outputs(args)
    if not items and len(faults) == 1:
        raise faults[0]
    if not can_follow() and any(map(_is_moving, items)):
        print(NO_TRACKER, file=sys.stderr)
    detector = _load_detector(args)
    started, done, faces = time.perf_counter(), 0, 0
    total = _total(items, args.every)
    with (
        progress_bar('looking', 'frames') as progress,
        Outputs(args) as outputs,
    ):
        for result in detector(
            items,
            batch_size=args.batch_size,
            every=args.every,
            track=can_follow(),
            keep_images=outputs.draws,
            on_error=faults.append,
        ):
            outputs.add(result)
            done, faces = done + 1, faces + len(result)
            progress(done, total)
            if args.show and not _show(result.plot()):
                break
    if not done and len(faults) == 1:
        raise faults[0]
    seconds = time.perf_counter() - started
    if done > 1:
        print(
            f'{done} frames, {faces} faces, {done / seconds:.1f} frames/s',
            file=sys.stderr,
        )
    if faults:
        print(f'{len(faults)} left out:', *faults, sep='\n', file=sys.stderr)
        sys.exit(1)


def _add_network_arguments(parser: argparse.ArgumentParser) -> None:
    add_network_arguments(parser, '--checkpoint')
    parser.add_argument(
        '--config',
        help='config of a checkpoint, whose last one is taken where none is '
        "named (a run's own)",
    )
    add_looking_arguments(parser)
    parser.add_argument(
        '--every',
        type=whole(1),
        default=1,
        metavar='N',
        help='look at every Nth frame of films (%(default)s)',
    )


def _add_output_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--out',
        type=OutputPath,
        default='outputs',
        metavar='DIR',
        help='folder of what is written (%(default)s); what is read there '
        'stays as it is',
    )
    parser.add_argument(
        '--no-pictures',
        action='store_true',
        help='write no annotated pictures and films',
    )
    parser.add_argument(
        '--json',
        action='store_true',
        help='also write a record of each picture or film',
    )
    parser.add_argument(
        '--csv',
        type=OutputPath,
        metavar='FILE',
        help='also write a table with a row for each face',
    )
    parser.add_argument(
        '--save-crops',
        action='store_true',
        help='also write every face as a picture of its own',
    )
    parser.add_argument(
        '--sheet',
        type=OutputPath,
        metavar='FILE',
        help='also write all annotated pictures on one sheet',
    )
    parser.add_argument(
        '--timeline',
        type=OutputPath,
        metavar='FILE.png',
        help="also plot each person's expressions over a film's time",
    )
    parser.add_argument(
        '--show',
        action='store_true',
        help='show what is drawn in a window; q ends it',
    )


def _items(args: argparse.Namespace, faults: list[InputError]) -> list[_Item]:
    """All files, and cameras; what names none is a fault.

    Left out is what an earlier run wrote: the sheet, and all that lies in the
    folder of what is written, or, where that is named itself or a file in it,
    the drawings.
    """
    items: list[_Item] = []
    place, num_left_out = args.out.resolve(), 0
    sheet = args.sheet and args.sheet.resolve()
    for name in args.inputs:
        if name in ('-', '/dev/stdin') and sys.stdin is not None:
            items.append(sys.stdin.buffer)
            continue
        if name.isdecimal() and not Path(name).exists():
            items.append(int(name))
            continue
        try:
            files = find_files(name)
        except InputError as error:
            faults.append(error)
            continue
        is_of_out = _is_inside(name, place)
        for file in files:
            is_drawn = is_drawing(file)
            is_written = _is_inside(file, place) and (is_drawn or not is_of_out)
            if is_written or (is_drawn and Path(file).resolve() == sheet):
                num_left_out += 1
                if is_drawn:  # and may be again, though a shell names it
                    withdraw_input(file)
            else:
                declare_input(file)
                items.append(file)
    if num_left_out:
        said = (
            f'files of an earlier run are left out ({num_left_out}): they are '
            'where this one writes (name another --out or --sheet to look at '
            'them).'
        )
        if not items and not faults:
            raise InputError(said)
        print(said, file=sys.stderr)
    return items


def _is_inside(path: str, folder: Path) -> bool:
    """Whether it is the folder, resolved, or in it, also through a link."""
    parent, name = os.path.split(os.path.abspath(path))
    place = Path(os.path.realpath(parent), name)
    return place.is_relative_to(folder)


def _keep_neighbours(items: list[_Item], out: Path) -> None:
    """Among the inputs, only drawings are ours: others' files stay."""
    folders = {
        Path(item).resolve().parent for item in items if isinstance(item, str)
    }
    if out.resolve() in folders:
        for file in out.iterdir():
            if file.suffix.lower() in WRITTEN and not is_drawing(file):
                declare_input(file)


def _check_outputs(args: argparse.Namespace) -> None:
    """Refuses at the start what could only be lost in the end."""
    outputs = [x for x in (args.sheet, args.csv, args.timeline) if x]
    for path in outputs:
        refuse_unwritable(path)
        if outputs.count(path) > 1:
            raise InputError(
                f'{path} would be written twice: name a file for each of '
                '--sheet, --csv and --timeline.'
            )
    # Of its suffix: OpenCV ends the process at a name that is no text.
    if args.sheet and not cv2.haveImageWriter(f'x{args.sheet.suffix}'):
        raise InputError(
            f'--sheet {args.sheet} is no name of a picture: end it in .jpg or '
            '.png.'
        )
    if args.timeline and args.timeline.suffix != '.png':
        raise InputError(f'--timeline {args.timeline}: name a file .png.')
    if args.timeline and not can_follow():
        raise InputError(NO_TRACKER)
    if args.show and not _has_windows():
        raise InputError(
            '--show finds no display, or this OpenCV has no windows: leave it '
            'out and look at the files in --out.'
        )


def _has_windows() -> bool:
    """Whether OpenCV can open one: where it cannot, Qt may abort a process."""
    program = 'import cv2; cv2.namedWindow("fer-yolo-mamba")'
    tried = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, check=False
    )
    return tried.returncode == 0


def _load_detector(args: argparse.Namespace) -> FERDetector:
    weights, config = args.weights, args.config
    if config is not None and weights is None:
        from ..engine.config import load_config
        from ..engine.run_folder import latest_checkpoint

        config = load_config(config)
        weights = latest_checkpoint(config.work_dir)
        if weights is None:
            raise InputError(
                f'there is no checkpoint in {config.work_dir}: run "make demo" '
                'or tools/train.py first, or name one with --checkpoint.'
            )
    return FERDetector(
        weights,
        args.device,
        args.score_thr,
        config=config,
        min_face=args.min_face,
        half=args.half,
        sizes=args.sizes,
    )


def _is_moving(item: _Item) -> bool:
    """Whether it is a film or a camera."""
    return isinstance(item, int) or (isinstance(item, str) and is_film(item))


def _total(items: list[_Item], every: int) -> int | None:
    """Number of frames; None where one source does not say."""
    total = 0
    for item in items:
        if isinstance(item, int):
            return None
        if _is_moving(item):
            length, _ = video_facts(item)
            if length is None:
                return None
            total += -(-length // every)
        else:
            total += 1
    return total


def _show(picture) -> bool:
    """Shows a picture; False once the person has pressed q."""
    cv2.imshow('fer-yolo-mamba', picture)
    return cv2.waitKey(1) & 0xFF != ord('q')


if __name__ == '__main__':
    run_cli(make_parser(), main)
