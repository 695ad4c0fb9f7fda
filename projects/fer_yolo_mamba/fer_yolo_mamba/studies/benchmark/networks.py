"""Whole networks with random weights: inference and training steps."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn as nn
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import FUNCTIONS, init_default_scope
from mmengine.structures import InstanceData
from mmyolo.registry import MODELS

from ...engine.checkpoints import fuse_for_inference
from ...expressions import EXPRESSIONS
from .measures import Growth, MeasuredPair, Unit
from .timing import synchronized, take_turns


@dataclass(frozen=True)
class Task:
    """What two networks are compared at.

    Attributes:
        name: Of the task.
        treatment: How networks are prepared for it.
        make: `make(config, batch, side, device, treated=True)` gives a call.
    """

    name: str
    treatment: str
    make: Callable[..., Callable[[], None]]


def compare_networks(
    task: Task,
    ours: Config,
    rival: Config,
    side: int,
    batch: int,
    device: torch.device,
    rounds: int,
) -> Iterator[MeasuredPair]:
    """Times the networks of two configs.

    Args:
        task: `INFERENCE` or `TRAINING`.
        ours: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        rival: The other one.
        side: Height and width of the pictures, a multiple of 32.
        batch: Pictures at once.
        device: Where the networks work.
        rounds: Turns of each.

    Yields:
        Ours against the other one as it was built, and treated as ours.
    """
    size = batch, side, device
    treated, rival_treated = (
        f'{_name(config)}, {task.treatment}' for config in (ours, rival)
    )
    times = take_turns(
        {
            treated: task.make(ours, *size),
            _name(rival): task.make(rival, *size, False),
            rival_treated: task.make(rival, *size),
        },
        rounds,
    )
    setting = f'{side}×{side}, batch {batch}'
    for name in (_name(rival), rival_treated):
        named = treated, times[treated], name, times[name]
        yield MeasuredPair(
            task.name, setting, Unit.SECOND, *named, is_speedup=False
        )


def measure_growth(
    config: Config, sides: Sequence[int], device: torch.device, rounds: int
) -> Growth:
    """Times a network's inference on one picture of each size.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        sides: Sides in pixels, multiples of 32, two at least.
        device: Where the network works.
        rounds: Turns of each side.
    """
    sides = tuple(sorted(set(sides)))
    times = take_turns(
        {str(side): make_inference(config, 1, side, device) for side in sides},
        rounds,
    )
    return Growth(_name(config), sides, tuple(times.values()))


def make_inference(
    config: Config,
    batch: int,
    side: int,
    device: torch.device,
    fused: bool = True,
) -> Callable[[], None]:
    """A call: backbone, neck and head on pictures, without decoding.

    The weights are random, but activations are as large as after training.
    """
    network = build_network(config, device)
    pictures = pseudo_collate(make_faces(batch, side))
    data = network.data_preprocessor(pictures, training=False)
    normalise(network, data['inputs'])
    if fused:
        network = fuse_for_inference(network)

    @torch.inference_mode()
    def infer() -> None:
        network(**data)

    return synchronized(infer, device)


def make_training_step(
    config: Config,
    batch: int,
    side: int,
    device: torch.device,
    channels_last: bool = True,
) -> Callable[[], None]:
    """A call: forward, the detector's own losses, backward, a step of Adam.

    The channels are laid out last as `ChannelsLastHook` does in training.
    """
    network = build_network(config, device).train()
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    collate_cfg = dict(
        config.train_dataloader.get('collate_fn', dict(type='pseudo_collate'))
    )
    collate = partial(FUNCTIONS.get(collate_cfg.pop('type')), **collate_cfg)
    pictures = collate(make_faces(batch, side))
    data = network.data_preprocessor(pictures, training=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step() -> None:
        loss, _ = network.parse_losses(network(**data, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return synchronized(step, device)


INFERENCE = Task('inference', 'fused', make_inference)
TRAINING = Task('training step', 'channels last', make_training_step)


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
        shape = side, side
        meta = dict(ori_shape=shape, img_shape=shape, scale_factor=(1.0, 1.0))
        sample = DetDataSample(metainfo=meta)
        sample.gt_instances = InstanceData(
            bboxes=HorizontalBoxes(torch.cat((corner, corner + size), dim=1)),
            labels=integer(len(EXPRESSIONS), (faces,)),
        )
        pictures.append(dict(inputs=image, data_samples=sample))
    return pictures


def build_network(config: Config, device: torch.device) -> nn.Module:
    """The detector with random weights; nothing is downloaded."""
    init_default_scope(config.get('default_scope', 'mmyolo'))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.build(config.model).to(device)


@torch.no_grad()
def normalise(network: nn.Module, pixels: torch.Tensor) -> None:
    """Gives batch normalisations what they meet, as training would.

    Otherwise the values of pixels, up to 255, grow from layer to layer, until
    SiLU works on subnormal numbers, which some processors take many times as
    long for.
    """
    for layer in network.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.momentum = None
    network.train()
    # Two, as a map of one pixel has no variance.
    network(torch.cat([pixels, pixels.flip(-1)]))
    network.eval()


def _name(config: Config) -> str:
    return Path(config.filename).stem
