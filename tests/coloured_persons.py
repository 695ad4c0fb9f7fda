"""Two persons who cross in a film with sound, and a network that sees them."""

import av
import cv2
import numpy as np

from fer_yolo_mamba.engine.description import InputSide

SIDE, LENGTH, RATE = 320, 40, 25
_SOUND_RATE = 44100
#: Seconds of sound, more than the pictures have.
SOUND = 3


class ColourNetwork:
    """Finds what is red, which is happy, and what is blue, which is sad.

    It is surest of, and so puts first, who is on the left; whom the other
    one hides it does not see.
    """

    classes = ('Happy', 'Sad')
    input = InputSide(SIDE, 90, 'BGR', (0.0,) * 3, (1.0,) * 3)
    sizes, score_thr, temperature, shift = (1.0,), 0.3, 1.0, 0.0

    def __call__(self, batch):
        boxes = np.zeros((len(batch), 2, 4), np.float32)
        scores = np.zeros((len(batch), 2, 2), np.float32)
        for i, (blue, _, red) in enumerate(batch):
            for k, mask in enumerate((red > blue + 90, blue > red + 90)):
                x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
                boxes[i, k] = x, y, x + width, y + height
                scores[i, k, k] = (0.9 - x / 1000) * (height > 35)
        return boxes, scores


def write_crossing(path):
    """Red walks to the right, before blue, who walks to the left."""
    with av.open(path, 'w') as film:
        pictures = film.add_stream('mpeg4', rate=RATE)
        pictures.width = pictures.height = SIDE
        pictures.bit_rate = 10_000_000  # no ghosts of colour
        sound = film.add_stream('aac', rate=_SOUND_RATE, layout='mono')
        for number in range(LENGTH):
            image = np.full((SIDE, SIDE, 3), 90, np.uint8)
            for left, top, colour in (
                (250 - 6 * number, 120, (250, 20, 20)),
                (10 + 6 * number, 100, (20, 20, 250)),
            ):
                corners = (left, top), (left + 60, top + 70)
                cv2.rectangle(image, *corners, colour, -1)
            frame = av.VideoFrame.from_ndarray(image, format='bgr24')
            film.mux(pictures.encode(frame))
        film.mux(pictures.encode(None))
        tone = np.sin(0.06 * np.arange(SOUND * _SOUND_RATE))[None]
        frame = av.AudioFrame.from_ndarray(
            tone.astype(np.float32), format='fltp', layout='mono'
        )
        frame.sample_rate = _SOUND_RATE
        film.mux(sound.encode(frame))
        film.mux(sound.encode(None))
