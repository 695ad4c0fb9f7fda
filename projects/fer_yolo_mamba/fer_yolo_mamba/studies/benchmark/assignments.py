"""YOLOX's assignment: of a batch at once, and mmyolo's image by image."""

from collections.abc import Iterator

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.models import YOLOXHead
from mmyolo.registry import MODELS

from .measures import MeasuredPair, Unit, pairs_of
from .timing import Call, synchronized, take_turns

_OURS, _RIVAL = 'the batch at once', "mmyolo's loop"


def compare_assignment(
    config: Config, side: int, batch: int, device: torch.device, rounds: int
) -> Iterator[MeasuredPair]:
    """Times SimOTA, and all losses with it, forward; one face a picture.

    Args:
        config: Of a detector with YOLOX's head, as
            :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        side: Height and width of the pictures, a multiple of 32.
        batch: Pictures.
        device: Where the head works.
        rounds: Turns of each.
    """
    init_default_scope(config.get('default_scope', 'mmyolo'))
    settings = dict(
        config.model.bbox_head,
        train_cfg=config.model.train_cfg,
        test_cfg=config.model.test_cfg,
    )
    rival, ours = (
        MODELS.build(dict(settings, type=kind))
        for kind in ('YOLOXHead', 'FERYOLOXHead')
    )
    generator = torch.Generator().manual_seed(0)
    maps = [
        [
            torch.randn(
                batch, channels, side // s, side // s, generator=generator
            )
            .sub(above)
            .to(device)
            for s in rival.featmap_strides
        ]
        # Few predictions say that there is a face, as in training.
        for channels, above in ((rival.num_classes, 2), (4, 0), (1, 4))
    ]
    faces = _faces(batch, side, generator).to(device)
    losses = {
        name: lambda head=head: head.loss_by_feat(*maps, faces, [{}] * batch)
        for name, head in ((_OURS, ours), (_RIVAL, rival))
    }
    assignments = {
        _OURS: _repeated(ours, 'assign', losses[_OURS]),
        _RIVAL: _repeated(rival, '_get_targets_single', losses[_RIVAL]),
    }
    for measure, calls in (
        ('SimOTA', assignments),
        ('SimOTA and losses', losses),
    ):
        calls = {
            name: synchronized(call, device) for name, call in calls.items()
        }
        yield from pairs_of(
            measure,
            f'{side}×{side}, batch {batch}, a face each',
            Unit.SECOND,
            take_turns(calls, rounds),
        )


def _faces(batch: int, side: int, generator: torch.Generator) -> torch.Tensor:
    """As ``yolov5_collate`` makes them, a fifth to three fifths of a side."""
    size = side * (0.2 + 0.4 * torch.rand(batch, 1, generator=generator))
    corner = (side - size) * torch.rand(batch, 2, generator=generator)
    index = torch.arange(batch)[:, None]
    return torch.cat([index, index % 7, corner, corner + size], dim=1)


def _repeated(head: YOLOXHead, method: str, losses: Call) -> Call:
    """A call: the method as often as the losses call it, with the same."""
    given = []
    function = getattr(head, method)

    def record(*arguments):
        given.append(arguments)
        return function(*arguments)

    vars(head)[method] = record
    losses()
    del vars(head)[method]
    return lambda: [function(*arguments) for arguments in given]
