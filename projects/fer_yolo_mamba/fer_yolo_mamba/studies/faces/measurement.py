"""All that is measured of one detector, in one go."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from .calibration import calibration_error
from .measures import (
    FacelessPictures,
    NamedPicture,
    SingleFaces,
    found_by_group,
    photographs_by_source,
)
from .pictures import (
    Detector,
    KnownPicture,
    SeenPicture,
    look_at,
    on_canvases,
)
from .report import FacesReport, Subject

#: Of a crop's longer side on its canvas, in pixels.
FACE_SIZES = (48, 96, 192, 288)


@dataclass(frozen=True)
class KnownSets:
    """What detectors are measured on; a set may be empty.

    Attributes:
        crops: One face with its expression in each.
        face_sizes: In which each of them is shown, in pixels.
        photographs: Of faces with expressions.
        source_of: Gives the source of a photograph's name; None for one.
        scenes: Of faces with boxes, perhaps in groups.
        faceless: Without a face.
        named: One person each, and the expression.
    """

    crops: Sequence[KnownPicture] = ()
    face_sizes: Sequence[int] = FACE_SIZES
    photographs: Sequence[KnownPicture] = ()
    source_of: Callable[[str], str] | None = None
    scenes: Sequence[KnownPicture] = ()
    faceless: Sequence[KnownPicture] = ()
    named: Sequence[tuple[KnownPicture, str]] = ()


def measure_faces(
    detector: Detector, subject: Subject, sets: KnownSets
) -> tuple[FacesReport, dict[str, list[SeenPicture]]]:
    """Shows a detector all sets and tells how it did.

    Args:
        detector: Gives all that it sees, at any score.
        subject: What it is; its threshold is that of the figures.
        sets: What it is shown.

    Returns:
        The figures, and what was seen of each set whose faces have
        expressions, by its name.
    """
    score_thr = subject.score_thr
    crops = {
        size: look_aloud(
            detector, on_canvases(sets.crops, [size]), f'{size} px'
        )
        for size in (sets.face_sizes if sets.crops else ())
    }
    photographs = look_aloud(detector, sets.photographs, 'photographs')
    scenes = look_aloud(detector, sets.scenes, 'scenes')
    faceless = look_aloud(detector, sets.faceless, 'photographs without a face')
    named = look_aloud(
        detector, [picture for picture, _ in sets.named], 'clear expressions'
    )
    everything = list(chain.from_iterable(crops.values()))
    report = FacesReport(
        subject,
        single_faces=[
            SingleFaces.of(pictures, size, score_thr)
            for size, pictures in crops.items()
        ],
        single_faces_ece=(
            calibration_error(everything, score_thr) if crops else None
        ),
        photographs=(
            photographs_by_source(photographs, score_thr, sets.source_of)
            if photographs
            else []
        ),
        scenes=found_by_group(scenes, score_thr) if scenes else [],
        faceless=(
            FacelessPictures.of(faceless, score_thr) if faceless else None
        ),
        named=[
            NamedPicture.of(picture, truth, score_thr)
            for picture, (_, truth) in zip(named, sets.named, strict=True)
        ],
    )
    seen = {f'crops_{size}px': pictures for size, pictures in crops.items()}
    if photographs:
        seen['photographs'] = photographs
    return report, seen


def look_aloud(
    detector: Detector, pictures: Iterable[KnownPicture], what: str
) -> list[SeenPicture]:
    """As `look_at`; afterwards a line tells who waits how far it is."""
    seen = look_at(detector, pictures)
    if seen:
        print(f'{what}: {len(seen)} seen', file=sys.stderr, flush=True)
    return seen
