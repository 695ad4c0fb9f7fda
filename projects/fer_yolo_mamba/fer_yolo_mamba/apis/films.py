"""What results of a film amount to: the drawn film, and its numbers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..datasets.frames import shortfall, video_facts
from ..errors import InputError
from ..files import refuse_input
from ..visualization import draw_timeline
from .film_sound import keep_sound
from .results import FERResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Of a film that does not say it, and of a camera.
_FRAMES_A_SECOND = 30.0
# Of the clock of a film; MP4 makes any below this finer.
_TICKS_A_SECOND = 10_000
# From one frame to the next, of which MP4 puts several into 31 bits: 7 hours.
_MOST_TICKS = 2**31 // 8


class FilmWriter:
    """Writes a film frame by frame, with the sound of another.

    Each frame stands where it stood, however unevenly those of the source do.

    >>> with FilmWriter('drawn.mp4', 'film.mp4') as writer:
    ...     for result in detector('film.mp4'):
    ...         writer.add(result.plot(), result.time)

    It is H.264, which browsers and phones play; MPEG-4 Part 2, whose frames
    all last equally long, and silent where PyAV is not installed. The file
    has its name once it is whole.

    Args:
        path: Of the new film, ``.mp4``; nothing is written before its first
            frame.
        source: The film that its frames and its sound are from, or a camera.
        every: Which frames of the source are given: each Nth.

    Attributes:
        length: Number of the source's frames, None where it does not say.
    """

    def __init__(
        self, path: str | os.PathLike, source: str, every: int = 1
    ) -> None:
        self.path, self.source, self.every = Path(path), source, every
        self.length = rate = None
        if Path(source).is_file():
            self.length, rate = video_facts(source)
        self._rate = max((rate or _FRAMES_A_SECOND) / every, 1)
        self._begin = 0.0
        # What is not whole, in a folder of its own: nobody knows its name.
        self._folder: TemporaryDirectory | None = None
        self._encoder: _Pyav | _OpenCV | None = None

    def __enter__(self) -> 'FilmWriter':
        return self

    def __exit__(self, *error: object) -> None:
        # Also of what an interrupt has cut short.
        self.close()

    def add(self, picture: np.ndarray, time: float) -> None:
        """Writes the next frame.

        Args:
            picture: (H, W, 3) uint8, BGR; all have one size.
            time: Seconds from the beginning of the source.

        Raises:
            InputError: The film cannot be written, or is an input.
        """
        if self._encoder is None:
            refuse_input(self.path)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._begin = time
            encoder = _Pyav if find_spec('av') else _OpenCV
            try:
                self._folder = TemporaryDirectory(
                    prefix='.', suffix='.part', dir=self.path.parent
                )
                self._encoder = encoder(
                    self._part, picture.shape[:2], self._rate
                )
            except (OSError, ValueError) as error:
                self._forget_part()
                raise self._unwritten(error) from error
        try:
            self._encoder.add(picture, time - self._begin)
        except (OSError, ValueError) as error:
            raise self._unwritten(error) from error

    def shortfall(self, count: int) -> str | None:
        """What is said of a source that ended after so many of its frames.

        None where that was its end, or where it does not say how long it is.
        """
        return shortfall(self.source, count, self.every)

    def close(self) -> bool:
        """Ends the film and adds its sound; whether there was a frame.

        Raises:
            InputError: The film cannot be written.
        """
        if self._encoder is None:
            return False
        encoder, self._encoder = self._encoder, None
        try:
            encoder.close()
            if Path(self.source).is_file():
                keep_sound(self._part, self.source, self._begin)
            os.replace(self._part, self.path)
        except (OSError, ValueError) as error:
            raise self._unwritten(error) from error
        finally:
            self._forget_part()
        return True

    def _unwritten(self, error: Exception) -> InputError:
        return InputError(
            f'{self.path} cannot be written as a film ({error}): name another '
            'folder, or write no film.'
        )

    @property
    def _part(self) -> Path:
        # FFmpeg takes what stands before a colon for a protocol.
        return Path(self._folder.name, 'film.mp4').absolute()

    def _forget_part(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


@dataclass
class FilmTally:
    """What was found in a film so far; its text says it.

    >>> str(FilmTally(frames=250, faces=488, tracks={1, 2}))
    '250 frames, 488 faces of 2 persons'
    """

    frames: int = 0
    faces: int = 0
    tracks: set[int] = field(default_factory=set)

    def __str__(self) -> str:
        said = f'{self.frames} frames, {self.faces} faces'
        if self.tracks:
            persons = 'person' if len(self.tracks) == 1 else 'persons'
            said += f' of {len(self.tracks)} {persons}'
        return said

    def add(self, result: FERResult) -> None:
        """Counts the next frame."""
        self.frames += 1
        self.faces += len(result)
        self.tracks |= {x.track for x in result.faces if x.track is not None}


class Persons:
    """What those show who are followed through films."""

    def __init__(self) -> None:
        # By name: seconds and scores of each look at the face.
        self._looks: dict[str, list[tuple[float, Mapping[str, float]]]] = {}

    def add(self, result: FERResult, film: str = '') -> None:
        """Looks at the next frame; the film's name tells it from others."""
        for face in result.faces:
            if face.track is not None:
                name = f'{film} #{face.track}'.strip()
                looks = self._looks.setdefault(name, [])
                looks.append((result.time, face.scores))

    def timeline(self) -> 'Figure | None':
        """A row a person, see :func:`draw_timeline`; None without persons."""
        return draw_timeline(self._looks) if self._looks else None


class _Pyav:
    """H.264."""

    def __init__(self, path: Path, size: tuple[int, int], rate: float) -> None:
        import av

        self._file = av.open(path, 'w')
        # The last frame lasts as long as the rate says.
        self._stream = self._file.add_stream(
            'h264',
            Fraction(rate).limit_denominator(1001),
            options={'preset': 'veryfast'},
        )
        self._stream.codec_context.time_base = Fraction(1, _TICKS_A_SECOND)
        # Frames out of order would leave the film's length short of the last.
        self._stream.codec_context.max_b_frames = 0
        self._stream.pix_fmt = 'yuv420p'
        # Its colours have half the size of the frame, which must be even.
        self._odd = [side % 2 for side in size]
        height, width = np.add(size, self._odd).tolist()
        self._stream.height, self._stream.width = height, width
        self._file.start_encoding()  # what cannot be written fails here
        self._ticks = -1

    def add(self, picture: np.ndarray, seconds: float) -> None:
        from av import VideoFrame

        if any(self._odd):
            below, right = self._odd
            picture = cv2.copyMakeBorder(
                picture, 0, below, 0, right, cv2.BORDER_REPLICATE
            )
        frame = VideoFrame.from_ndarray(picture, 'bgr24')
        self._ticks = min(
            max(round(seconds * _TICKS_A_SECOND), self._ticks + 1),
            self._ticks + _MOST_TICKS,
        )
        frame.pts, frame.time_base = self._ticks, Fraction(1, _TICKS_A_SECOND)
        self._file.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._file.mux(self._stream.encode())
        self._file.close()


class _OpenCV:
    """MPEG-4 Part 2; frames are repeated and left out as their times ask."""

    def __init__(self, path: Path, size: tuple[int, int], rate: float) -> None:
        str(path).encode()  # OpenCV ends the process where it cannot
        codec = cv2.VideoWriter.fourcc(*'mp4v')
        self._writer = cv2.VideoWriter(str(path), codec, rate, size[::-1])
        if not self._writer.isOpened():
            raise OSError('OpenCV does not open it')
        self._rate, self._count = rate, 0
        self._picture: np.ndarray | None = None

    def add(self, picture: np.ndarray, seconds: float) -> None:
        # What is shown until this one.
        for _ in range(self._count, round(seconds * self._rate)):
            self._writer.write(self._picture)
            self._count += 1
        self._picture = picture

    def close(self) -> None:
        self._writer.write(self._picture)
        self._writer.release()
