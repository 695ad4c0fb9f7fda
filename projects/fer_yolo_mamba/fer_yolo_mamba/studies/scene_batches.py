"""Batches of scenes that are held in memory, the same for all methods."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.structures import InstanceData
from torch import Tensor

from ..datasets import FERVOCDataset
from ..datasets.images import read_image
from ..engine.config import TestPipeline
from ..errors import InputError
from .picture_ring import GAIN, OFFSET, mirrored_and_lit


class Scenes:
    """The pictures of a split, decoded.

    Args:
        root: A set in the VOC layout, of square pictures of one size.
        split: Name of the split.

    Attributes:
        paths: Of the pictures.
        images: (N, side, side, 3) uint8, BGR.
        faces: Of each picture (n, 5) float32: label, x1, y1, x2, y2.
        classes: Names of the labels.

    Raises:
        InputError: The set is missing or at fault, or sizes differ.
    """

    def __init__(self, root: Path, split: str) -> None:
        dataset = FERVOCDataset(
            ann_file=f'ImageSets/Main/{split}.txt',
            data_root=str(root),
            serialize_data=False,
            test_mode=True,
        )
        self.classes = dataset.metainfo['classes']
        infos = [dataset.get_data_info(i) for i in range(len(dataset))]
        self.paths = [info['img_path'] for info in infos]
        self.faces = [
            np.array(
                [(x['bbox_label'], *x['bbox']) for x in info['instances']],
                np.float32,
            ).reshape(-1, 5)
            for info in infos
        ]
        images = [read_image(path) for path in self.paths]
        if len({image.shape for image in images}) != 1:
            raise InputError(
                f'{root}: the pictures of {split} differ in size: compose them '
                'with tools/analysis/ferplus_scenes.py.'
            )
        self.images = torch.from_numpy(np.stack(images))


@dataclass(frozen=True)
class Batch:
    """Pictures of a step, as they were drawn.

    Attributes:
        pictures: Numbers of the pictures, (B,).
        mirrored: Which of them are, (B,) bool.
        gain: Factor on the pixels, (B,).
        offset: What is added to them then, (B,).
    """

    pictures: np.ndarray
    mirrored: np.ndarray
    gain: np.ndarray
    offset: np.ndarray


def draw_batches(count: int, batch: int, seed: int) -> Iterator[Batch]:
    """Draws batches without end, pass after pass over all pictures.

    Args:
        count: Of the pictures.
        batch: Pictures in a step.
        seed: The same one draws the same batches.
    """
    random = np.random.default_rng(seed)

    def endless() -> Iterator[int]:
        while True:
            yield from random.permutation(count)

    order = endless()
    while True:
        yield Batch(
            np.array([next(order) for _ in range(batch)]),
            random.random(batch) < 0.5,
            random.uniform(*GAIN, batch),
            random.uniform(*OFFSET, batch),
        )


class Feed:
    """Gives a detector pictures in its size, and faces as its losses ask."""

    def __init__(self, config: Config, device: torch.device) -> None:
        self._side, _ = TestPipeline.of(config).size
        self._device = device
        # mmyolo's "fast" losses take the faces of a batch in one tensor.
        collate = config.train_dataloader.get('collate_fn') or {}
        self._is_fast = collate.get('type') == 'yolov5_collate'

    def training(self, scenes: Scenes, batch: Batch) -> dict:
        """A batch, as the detector's data preprocessor takes it."""
        mirrored, gain, offset = (
            torch.as_tensor(x, device=self._device).view(-1, 1, 1, 1)
            for x in (batch.mirrored, batch.gain, batch.offset)
        )
        images = self._resized(scenes, batch.pictures)
        images = mirrored_and_lit(
            images, mirrored, gain.float(), offset.float()
        )
        faces = [
            self._faces(scenes, picture, is_mirrored)
            for picture, is_mirrored in zip(
                batch.pictures, batch.mirrored, strict=True
            )
        ]
        if self._is_fast:
            numbered = [F.pad(x, (1, 0), value=i) for i, x in enumerate(faces)]
            samples = dict(bboxes_labels=torch.cat(numbered).to(self._device))
        else:
            samples = [self._sample(scenes, x.to(self._device)) for x in faces]
        return self._batch(images, samples)

    def testing(self, scenes: Scenes, pictures: np.ndarray) -> dict:
        """Pictures as they are."""
        samples = [self._sample(scenes) for _ in pictures]
        return self._batch(self._resized(scenes, pictures), samples)

    def _resized(self, scenes: Scenes, pictures: np.ndarray) -> Tensor:
        images = scenes.images[pictures].to(self._device)
        images = images.permute(0, 3, 1, 2).float()
        size = (self._side, self._side)
        if images.shape[2:] != size:
            images = F.interpolate(images, size, mode='bilinear')
        return images

    def _faces(self, scenes: Scenes, picture: int, is_mirrored: bool) -> Tensor:
        side = scenes.images.shape[2]
        faces = scenes.faces[picture].copy()
        if is_mirrored:
            faces[:, [1, 3]] = side - faces[:, [3, 1]]
        faces[:, 1:] *= self._side / side
        return torch.from_numpy(faces)

    def _sample(
        self, scenes: Scenes, faces: Tensor | None = None
    ) -> DetDataSample:
        size = (self._side, self._side)
        original = tuple(scenes.images.shape[1:3])
        sample = DetDataSample(
            metainfo=dict(
                ori_shape=original,
                img_shape=size,
                pad_shape=size,
                batch_input_shape=size,
                scale_factor=(self._side / original[1],) * 2,
                img_path='',
                img_id=0,
            )
        )
        if faces is not None:
            sample.gt_instances = InstanceData(
                bboxes=faces[:, 1:], labels=faces[:, 0].long()
            )
        return sample

    def _batch(self, images: Tensor, samples: dict | list) -> dict:
        images = images.contiguous(memory_format=torch.channels_last)
        return dict(inputs=images, data_samples=samples)
