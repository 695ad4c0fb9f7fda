"""Made-up pictures with boxes, for timing a detector."""

from functools import partial

import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmengine.structures import InstanceData

from ...expressions import EXPRESSIONS


def make_faces(batch: int, side: int) -> list[dict]:
    """Pictures of noise, with one to three faces as an annotator draws them.

    Args:
        batch: Number of pictures.
        side: Their height and width in pixels.

    Returns:
        What a training pipeline makes of each picture: ``inputs``, (3, side,
        side) uint8, and ``data_samples`` with boxes a fifth to three fifths of
        a side wide, and higher than wide.
    """
    generator = torch.Generator().manual_seed(0)
    uniform = partial(torch.rand, generator=generator)
    integer = partial(torch.randint, generator=generator)
    pictures = []
    for _ in range(batch):
        image = integer(256, (3, side, side), dtype=torch.uint8)
        faces = integer(1, 4, ()).item()
        width = side * (0.2 + 0.4 * uniform(faces))
        size = torch.stack((width, 1.25 * width), dim=1)
        corner = (side - size) * uniform(faces, 2)
        sample = DetDataSample(
            metainfo=dict(
                ori_shape=(side, side),
                img_shape=(side, side),
                scale_factor=(1.0, 1.0),
            )
        )
        sample.gt_instances = InstanceData(
            bboxes=HorizontalBoxes(torch.cat((corner, corner + size), dim=1)),
            labels=integer(len(EXPRESSIONS), (faces,)),
        )
        pictures.append(dict(inputs=image, data_samples=sample))
    return pictures
