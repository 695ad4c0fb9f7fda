"""A film in parts that begin at key frames, each decoded by itself.

As :mod:`.frames`, for machines that share a film; needs PyAV, whose pictures
are those of OpenCV, which has the same decoders.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from ..errors import InputError
from .frames import Frame

if TYPE_CHECKING:
    import av

# Of a film that does not say it.
_FRAMES_A_SECOND = 25.0
# By so much, in seconds, a search begins earlier: indices of files hold when a
# frame is decoded, not when it is shown.
_MARGIN = 1.0


class FilmPart(NamedTuple):
    """The frames from one key frame to another.

    It begins with the first key frame at ``number * seconds`` or later, and
    ends before the one with which the next part begins; where key frames are
    rarer than that, parts are empty.

    Attributes:
        number: From 0.
        count: Of the film's parts.
        seconds: How long a part is, about.
    """

    number: int
    count: int
    seconds: float


def film_parts(file: BinaryIO, frames: int, source: str) -> list[FilmPart]:
    """Divides a film; one that cannot be searched is one part.

    Args:
        file: It, opened, at its beginning.
        frames: How many a part has, about.
        source: Its name.

    Raises:
        InputError: It is no film.
    """
    import av

    with _opened(file, source) as (container, stream):
        seconds = frames / float(stream.average_rate or _FRAMES_A_SECOND)
        length = (container.duration or 0) / av.time_base
        count = max(math.ceil(length / seconds), 1)
        if count > 1:
            try:
                container.seek(container.duration // 2)
            except av.FFmpegError:
                count = 1
        return [FilmPart(number, count, seconds) for number in range(count)]


def film_part_frames(
    file: BinaryIO, part: FilmPart, source: str
) -> Iterator[Frame]:
    """Decodes a part of a film, in the order in which its frames are shown.

    Damaged frames are left out.

    Args:
        file: As for :func:`film_parts`.
        part: One of those.
        source: Name of the film.

    Yields:
        Frames without a number, which nobody knows who has not seen all
        before.

    Raises:
        InputError: It is no film, or is damaged from here on.
    """
    with _opened(file, source) as (container, stream):
        # Machines share films: each has its workers, not its threads.
        stream.codec_context.thread_count = 1
        first = stream.start_time or 0
        for frame in _decoded(container, stream, part):
            image = frame.to_ndarray(format='bgr24')
            turns = round(frame.rotation / 90) % 4
            shown = first if frame.pts is None else frame.pts
            time = (shown - first) * stream.time_base
            yield Frame(
                np.ascontiguousarray(np.rot90(image, turns)),
                source,
                time=float(time),
            )


@contextmanager
def _opened(
    file: BinaryIO, source: str
) -> Iterator[tuple['av.container.InputContainer', 'av.VideoStream']]:
    """The film, and what of it moves."""
    import av

    try:
        with av.open(file) as container:
            yield container, container.streams.video[0]
    except (av.FFmpegError, IndexError) as error:
        reason = getattr(error, 'strerror', 'it has no picture')
        raise InputError(
            f'{source} is no film that FFmpeg can read ({reason}): convert it '
            'to MP4 (H.264).'
        ) from error


def _decoded(
    container: 'av.container.InputContainer',
    stream: 'av.VideoStream',
    part: FilmPart,
) -> Iterator['av.VideoFrame']:
    """The frames from the first key frame of this part to that of the next.

    Frames come a little later than their packets, and some that are shown
    before a key frame are stored after it: they are of the part before.
    """
    begin, end = (
        _ticks(stream, (part.number + i) * part.seconds) for i in range(2)
    )
    if part.number == part.count - 1:
        end = math.inf
    first, stop = -math.inf, math.inf
    is_begun = part.number == 0
    if not is_begun:
        earlier = max(part.number * part.seconds - _MARGIN, 0)
        container.seek(_ticks(stream, earlier), stream=stream)
    for packet in container.demux(stream):
        if not is_begun:
            if not _is_key(packet, begin):
                continue
            is_begun, first = True, packet.pts
        if stop == math.inf and _is_key(packet, end):
            stop = packet.pts
        for frame in _frames(packet):
            shown = first if frame.pts is None else frame.pts
            if shown >= stop:
                return
            if shown >= first:
                # A clock that goes back later loses nothing.
                first = -math.inf
                yield frame


def _frames(packet: 'av.Packet') -> list['av.VideoFrame']:
    """What a packet completes; nothing where it is damaged."""
    import av

    try:
        return packet.decode()
    except av.FFmpegError:
        return []


def _is_key(packet: 'av.Packet', least: float) -> bool:
    """Whether it holds a key frame that is shown then or later."""
    return packet.is_keyframe and packet.pts is not None and packet.pts >= least


def _ticks(stream: 'av.VideoStream', seconds: float) -> int:
    """A time of the film in units of its clock."""
    return (stream.start_time or 0) + round(seconds / stream.time_base)
