"""The sound of a film, for the one that was drawn from it."""

import heapq
import os
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av


def keep_sound(film: Path, source: str, begin: float) -> None:
    """Copies the sound of a film, as it is, into one that was drawn from it.

    The drawn one stays silent where there is no sound, where MP4 cannot hold
    it, or where PyAV is not installed.

    Args:
        film: The drawn one, MP4; it is replaced. Sound that goes on after its
            end is cut.
        source: The film with the sound.
        begin: Seconds from the source's first frame to that of `film`.
    """
    try:
        import av
    except ImportError:
        return
    # FFmpeg takes what stands before a colon for a protocol.
    film, source = film.absolute(), os.path.abspath(source)
    both = film.with_name(f'{film.stem}.sound.mp4')
    try:
        with av.open(source) as sounding, av.open(film) as silent:
            if not sounding.streams.audio:
                return
            with av.open(both, 'w') as output:
                _join(silent, sounding, output, begin)
        os.replace(both, film)
    except (av.FFmpegError, ValueError):
        pass  # a damaged sound, or one of a kind that MP4 has no place for
    finally:
        both.unlink(missing_ok=True)


def _join(
    silent: 'av.container.InputContainer',
    sounding: 'av.container.InputContainer',
    output: 'av.container.OutputContainer',
    begin: float,
) -> None:
    picture, sound = silent.streams.video[0], sounding.streams.audio[0]
    pictures = output.add_stream_from_template(picture)
    sounds = output.add_stream_from_template(sound)
    end = float(picture.duration * picture.time_base)
    if sounding.streams.video:
        first = sounding.streams.video[0]
        begin += float((first.start_time or 0) * first.time_base)
    shift = round(begin / float(sound.time_base))
    packets = heapq.merge(
        _packets(silent, picture),
        takewhile(
            lambda packet: _time(packet) < end,
            _packets(sounding, sound, shift),
        ),
        key=_time,
    )
    for packet in packets:
        packet.stream = pictures if packet.stream is picture else sounds
        output.mux(packet)


def _packets(
    container: 'av.container.InputContainer',
    stream: 'av.stream.Stream',
    shift: int = 0,
) -> 'Iterator[av.Packet]':
    """Of a stream, each moved forward by some of its units of time."""
    for packet in container.demux(stream):
        if packet.dts is not None:  # the last one is empty
            packet.pts -= shift
            packet.dts -= shift
            yield packet


def _time(packet: 'av.Packet') -> float:
    return float(packet.dts * packet.time_base)
