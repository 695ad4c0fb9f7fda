"""Pictures that workers compose, kept on the device for batches to draw."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import cv2
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from ..datasets.composition import FaceMixture

_TOGETHER = 32  # pictures that a worker hands over at once
# A picture's faces beyond are not learnt; a mosaic of crowds has fewer.
_MOST_FACES = 256
# The oldest part of the ring is being overwritten: no batch draws from it.
_UNDER_WORK = 16
_PATIENCE = 5.0  # seconds
# Until it is seen again whether pictures are wanted.
_PAUSE = 0.05  # seconds
#: Brightness of a picture, each time that it is drawn: factor, and what is
#: added then.
GAIN, OFFSET = (0.8, 1.2), (-15.0, 15.0)


def compose_without_end(
    mixture: FaceMixture, workers: int, kept: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Starts processes that compose the pictures of all indices, from 0 on.

    Args:
        mixture: Is made endless.
        workers: Processes.
        kept: Pictures of the ring that the results are for.

    Returns:
        Yields pictures (n, side, side, 3), BGR, uint8, and their faces
        (n, 256, 5): label, x1, y1, x2, y2, and -1 for all that is no face.
    """
    mixture.length = sys.maxsize
    loader = DataLoader(
        _Endless(mixture, _chunk(kept)),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=6,
    )
    # One picture at a time a worker. OpenCV's pool of threads is ended before
    # the processes part: it is not in the new ones, which would wait for it.
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return iter(loader)
    finally:
        cv2.setNumThreads(threads)


class PictureRing:
    """The latest pictures.

    Args:
        kept: Pictures, fewer by a few where it is no multiple of what comes
            at once.
        side: Width and height of a picture in pixels.
        device: Where they are.

    Attributes:
        composed: Pictures so far, those included that were overwritten.
    """

    def __init__(self, kept: int, side: int, device: torch.device) -> None:
        kept -= kept % _chunk(kept)
        self._images = torch.empty(
            (kept, side, side, 3), dtype=torch.uint8, device=device
        )
        self._faces = torch.empty((kept, _MOST_FACES, 5), device=device)
        self._error: Exception | None = None
        self._drawn = 0
        self.composed = 0

    @contextmanager
    def filled_from(
        self, composed: Iterator[tuple[Tensor, Tensor]]
    ) -> Iterator[None]:
        """Takes what comes, in a thread of its own, within the context.

        A full ring takes no more than is drawn of it: on a processor the
        workers would take the training's time to compose what nobody sees.
        """
        ended = Event()

        def fill() -> None:
            # Copies of a stream of their own do not wait for the training.
            stream = torch.cuda.Stream() if self._images.is_cuda else None
            try:
                while not ended.is_set():
                    if self.composed - len(self._images) >= self._drawn:
                        ended.wait(_PAUSE)
                        continue
                    images, faces = next(composed)
                    with torch.cuda.stream(stream):
                        self.put(images, faces)
            except Exception as error:
                self._error = error

        thread = Thread(target=fill, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            # A worker that hangs does not keep back what is trained.
            thread.join(_PATIENCE)

    def require_filling(self) -> None:
        """Raises what has ended the filling, if something has."""
        if self._error is not None:
            raise self._error

    def put(self, images: Tensor, faces: Tensor) -> None:
        """Overwrites the oldest pictures."""
        at = self.composed % len(self._images)
        self._images[at : at + len(images)].copy_(images)
        self._faces[at : at + len(faces)].copy_(faces)
        if self._images.is_cuda:
            torch.cuda.current_stream().synchronize()
        self.composed += len(images)

    def draw(self, batch: int) -> dict:
        """Draws pictures, half of them mirrored, in another light.

        Returns:
            What mmyolo's data preprocessor takes: `inputs` (batch, 3, side,
            side), float32, and in `data_samples` the `bboxes_labels` (N, 6):
            index of the picture, label, x1, y1, x2, y2.

        Raises:
            Exception: What has ended the filling.
        """
        self.require_filling()
        self._drawn += batch
        kept, device = len(self._images), self._images.device
        latest = self.composed
        drawable = min(latest, kept - kept // _UNDER_WORK)
        age = torch.randint(drawable, (batch,), device=device)
        slots = (latest - 1 - age) % kept
        images = self._images[slots].permute(0, 3, 1, 2).float()
        faces = self._faces[slots]

        mirrored = torch.rand(batch, 1, device=device) < 0.5
        label, left, top, right, bottom = faces.unbind(2)
        side = images.shape[3]
        left, right = (
            torch.where(mirrored, side - right, left),
            torch.where(mirrored, side - left, right),
        )
        scalars = torch.empty((2, batch, 1, 1, 1), device=device)
        gain, offset = (
            scalars[0].uniform_(*GAIN),
            scalars[1].uniform_(*OFFSET),
        )
        images = mirrored_and_lit(
            images, mirrored[:, :, None, None], gain, offset
        )

        index = torch.arange(batch, device=device)[:, None].expand_as(label)
        faces = torch.stack((index, label, left, top, right, bottom), 2)
        return dict(
            inputs=images.contiguous(memory_format=torch.channels_last),
            data_samples=dict(bboxes_labels=faces[label >= 0]),
        )


def mirrored_and_lit(
    images: Tensor, mirrored: Tensor, gain: Tensor, offset: Tensor
) -> Tensor:
    """Pictures in another light, some of them mirrored.

    Args:
        images: (B, 3, H, W) float32, from 0 to 255.
        mirrored: Which of them are, (B, 1, 1, 1) bool.
        gain: Factor on the pixels, (B, 1, 1, 1) float32.
        offset: What is added to them then, likewise.
    """
    images = torch.where(mirrored, images.flip(3), images)
    return (images * gain + offset).clamp_(0, 255)


class _Endless(IterableDataset):
    def __init__(self, mixture: FaceMixture, together: int) -> None:
        self._mixture, self._together = mixture, together

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        worker = get_worker_info()
        index = worker.id
        n, side = self._together, self._mixture.side
        while True:
            images = torch.empty((n, side, side, 3), dtype=torch.uint8)
            faces = torch.full((n, _MOST_FACES, 5), -1.0)
            for image, rows in zip(images, faces, strict=True):
                picture = self._mixture.compose(index)
                index += worker.num_workers
                image.copy_(torch.from_numpy(picture.image))
                labels = torch.from_numpy(picture.labels)[:_MOST_FACES]
                rows[: len(labels), 0] = labels
                boxes = torch.from_numpy(picture.boxes)
                rows[: len(labels), 1:] = boxes[:_MOST_FACES]
            yield images, faces


def _chunk(kept: int) -> int:
    """Pictures at once: less than what no batch draws from."""
    return max(1, min(_TOGETHER, kept // _UNDER_WORK))
