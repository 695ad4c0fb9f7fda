"""Training pictures composed anew, from several sources, each with a share."""

from collections.abc import Sequence

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmengine.structures import InstanceData
from mmyolo.registry import DATASETS
from torch.utils.data import Dataset

from ...errors import InputError
from .degrade import degrade
from .pictures import (
    Picture,
    PictureSource,
    chances,
    draw_index,
    require_same_classes,
)

# The least width and height of a face that counts, in pixels.
_LEAST_SIDE = 4


@DATASETS.register_module()
class FaceMixture(Dataset):
    """Squares of pixels with faces, none seen twice.

    >>> mixture = FaceMixture([dict(share=1.0, type='Photographs', ...)])
    >>> mixture.compose(0).image.shape
    (320, 320, 3)

    The picture of an index follows from the seed, the epoch and the index
    alone, whatever the number of workers. Without `set_seed` and `set_epoch`,
    which `EpochSeedHook` calls before each training epoch, both are 0: in a
    validation the pictures are always the same.

    It is a data set for mmengine's loops, and needs no pipeline: a picture
    has its final size, and batches of them are made by `yolov5_collate` for
    training and by `pseudo_collate` for validation.

    Args:
        sources: Configs of `PictureSource`s, each with its `share`: a number,
            whose part of the sum of all is the part of the pictures.
        side: Width and height of a picture in pixels.
        length: Pictures an epoch.
        mosaic: Share of the pictures made of four, each with its own part.
        seed: Another seed, other pictures; None for that of the run.

    Attributes:
        metainfo: That of the first source; all have the same classes.
        label_names: Names of all labels, see `FERVOCDataset`.

    Raises:
        InputError: A share is not positive, the classes of two sources
            differ, another argument is out of range, or a source is at fault.
    """

    def __init__(
        self,
        sources: Sequence[dict],
        side: int = 320,
        length: int = 16000,
        mosaic: float = 0.25,
        seed: int | None = None,
    ) -> None:
        _check(sources, side, length, mosaic)
        self._chances = chances([source['share'] for source in sources])
        self.sources: list[PictureSource] = [
            DATASETS.build({k: v for k, v in source.items() if k != 'share'})
            for source in sources
        ]
        require_same_classes(self.sources, 'FaceMixture')
        self.metainfo = self.sources[0].metainfo
        self.label_names = max(
            (source.label_names for source in self.sources), key=len
        )
        self.side, self.length = side, length
        self.mosaic, self.seed = mosaic, seed or 0
        self._follows_run = seed is None
        self._epoch = 0

    def __len__(self) -> int:
        return self.length

    def set_seed(self, seed: int) -> None:
        """Takes over the seed of the run, where it was given none."""
        if self._follows_run:
            self.seed = seed

    def set_epoch(self, epoch: int) -> None:
        """Makes all pictures those of another epoch.

        Workers of a data loader learn of it only when they start.
        """
        self._epoch = epoch

    def __getitem__(self, index: int) -> dict:
        """Composes a picture.

        Returns:
            `inputs`, a (3, side, side) tensor, BGR, uint8, and `data_samples`
            with the faces as `gt_instances`.
        """
        image, boxes, labels = self.compose(index)
        faces = InstanceData(
            bboxes=HorizontalBoxes(torch.from_numpy(boxes)),
            labels=torch.from_numpy(labels),
        )
        shape = image.shape[:2]
        sample = DetDataSample(
            gt_instances=faces,
            metainfo=dict(
                img_id=index,
                # Of no file; figures name pictures by it.
                img_path=f'composed_{self.seed}_{self._epoch}_{index}',
                ori_shape=shape,
                img_shape=shape,
                pad_shape=shape,
                scale_factor=(1.0, 1.0),
            ),
        )
        inputs = np.ascontiguousarray(image.transpose(2, 0, 1))
        return dict(inputs=torch.from_numpy(inputs), data_samples=sample)

    def compose(self, index: int) -> Picture:
        """Composes the picture of an index in the present epoch."""
        if not 0 <= index < self.length:
            raise IndexError(index)
        rng = np.random.default_rng((self.seed, self._epoch, index))
        if rng.random() < self.mosaic:
            picture = self._draw_four(rng)
        else:
            picture = self._draw(rng, (self.side, self.side))
        image, boxes, labels = picture
        seen = (boxes[:, 2:] - boxes[:, :2] >= _LEAST_SIDE).all(1)
        return Picture(degrade(image, rng), boxes[seen], labels[seen])

    def _draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Picture:
        source = self.sources[draw_index(self._chances, rng)]
        return source.draw(rng, size)

    def _draw_four(self, rng: np.random.Generator) -> Picture:
        side = self.side
        x, y = (rng.uniform(0.3, 0.7, 2) * side).astype(int).tolist()
        image = np.empty((side, side, 3), np.uint8)
        boxes, labels = [], []
        for left, right in ((0, x), (x, side)):
            for top, bottom in ((0, y), (y, side)):
                part = self._draw(rng, (right - left, bottom - top))
                image[top:bottom, left:right] = part.image
                boxes.append(part.boxes + np.float32([left, top] * 2))
                labels.append(part.labels)
        return Picture(image, np.concatenate(boxes), np.concatenate(labels))


def _check(
    sources: Sequence[dict], side: int, length: int, mosaic: float
) -> None:
    for source in sources:
        share = source.get('share')
        if not isinstance(share, (int, float)) or not 0 < share < np.inf:
            raise InputError(
                f'FaceMixture: the share of {source.get("type")} is {share}; '
                'give a number above 0, or leave the source out'
            )
    if not sources:
        raise InputError('FaceMixture: sources is empty; name at least one')
    if side < 32 or length < 1 or not 0 <= mosaic <= 1:
        raise InputError(
            f'FaceMixture: side={side}, length={length}, mosaic={mosaic}; '
            'give at least 32 pixels, at least one picture, and a share from '
            '0 to 1'
        )
