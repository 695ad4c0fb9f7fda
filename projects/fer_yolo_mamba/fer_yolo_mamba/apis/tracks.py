"""Who is who from frame to frame of a film, and what a face shows for longer.

Faces are linked by ByteTrack (Zhang et al., ECCV 2022: boxes alone, predicted
by a Kalman filter) in the library `trackers`; scores are smoothed here.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.util import find_spec

import numpy as np

from ..errors import InputError
from ..faces import Face
from .results import FERResult

#: What is told where the library is not installed.
NO_TRACKER = (
    'nothing follows the faces of films and keeps their sound: pip install '
    '"fer-yolo-mamba[video]".'
)

#: Share of the least score down to which a face is kept on its track: on the
#: way from one expression to the next, no score is high.
FAINT = 0.5
# Seconds for which a face may be hidden, or overlooked, and keep its number.
_HIDDEN = 1.0
# Seconds after which a look at a face counts 1/e: well below the half second
# that an expression lasts at least.
_FADING = 0.3
# Between frames that do not say when they were, and a film's first two.
_STEP = 1 / 25


def follow_faces(
    results: Iterable[FERResult], score_thr: float = 0.0
) -> Iterator[FERResult]:
    """Numbers the persons of films and smooths their scores.

    >>> for result in follow_faces(detector('film.mp4')):
    ...     print([face.track for face in result.faces])

    A face has its number, from 1, from the second frame that shows it: what
    is seen once has none. Its scores are then the mean over its track, in
    which a look counts less the longer ago it was, and its expression is the
    best of these. Numbers begin anew with each film.

    Args:
        results: Of frames, in their order; those of pictures, which have no
            time, are passed on as they are.
        score_thr: Least score of a face that begins a track; what scores less
            is left out where it is on none.

    Returns:
        The results one by one, with the same boxes.

    Raises:
        InputError: The library is not installed.
    """
    if not can_follow():
        raise InputError(NO_TRACKER)
    return _followed(results, score_thr)


def can_follow() -> bool:
    """Whether the library is installed; it is imported for a film alone."""
    return find_spec('trackers') is not None


def _followed(
    results: Iterable[FERResult], score_thr: float
) -> Iterator[FERResult]:
    film, last = None, None
    for result in results:
        if result.time is None:
            film = None
        elif (
            film is None
            or result.source != last.source
            or result.frame <= last.frame
        ):
            film = _Film(score_thr)
        last = result
        yield result if film is None else film.follow(result)


class _Film:
    """The tracks of one film."""

    def __init__(self, score_thr: float) -> None:
        from trackers import ByteTrackTracker

        self._score_thr = score_thr
        self._tracker = ByteTrackTracker(
            track_activation_threshold=score_thr,
            high_conf_det_threshold=score_thr,
            lost_track_buffer=round(30 * _HIDDEN),  # frames of 1/30 s
            frame_rate=1 / _STEP,
        )
        self._time: float | None = None
        self._smoothed: dict[int, tuple[float, dict[str, float]]] = {}

    def follow(self, result: FERResult) -> FERResult:
        time = result.time
        if self._time is not None and time <= self._time:
            # Some cameras and damaged films have no clock.
            time = self._time + _STEP
        self._time = time
        faces = [
            face
            if track is None
            else self._smooth(replace(face, track=track), time)
            for face, track in zip(
                result.faces, self._tracks(result.faces, time), strict=True
            )
            if track is not None or face.score >= self._score_thr
        ]
        self._smoothed = {
            track: (seen, scores)
            for track, (seen, scores) in self._smoothed.items()
            if time - seen <= _HIDDEN
        }
        faces.sort(key=lambda face: face.score, reverse=True)
        return replace(result, faces=tuple(faces))

    def _tracks(self, faces: tuple[Face, ...], time: float) -> list[int | None]:
        """The number of each face."""
        from supervision import Detections

        detections = Detections(
            np.float32([face.bbox for face in faces]).reshape(-1, 4),
            confidence=np.array([face.score for face in faces]),
            data=dict(index=np.arange(len(faces))),
        )
        tracked = self._tracker.update(detections, timestamp=time)
        tracks = [None] * len(faces)
        if len(tracked):
            for index, track in zip(
                tracked.data['index'], tracked.tracker_id, strict=True
            ):
                if track >= 0:
                    tracks[index] = int(track) + 1
        return tracks

    def _smooth(self, face: Face, time: float) -> Face:
        seen, before = self._smoothed.get(face.track, (time, face.scores))
        weight = math.exp((seen - time) / _FADING)
        scores = {
            name: weight * before[name] + (1 - weight) * score
            for name, score in face.scores.items()
        }
        self._smoothed[face.track] = time, scores
        return replace(Face.of_scores(face.bbox, scores), track=face.track)
