"""Whole networks with random weights: inference and training steps."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
import torch.nn as nn
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import FUNCTIONS, init_default_scope
from mmyolo.registry import MODELS

from ...engine.checkpoints import fuse_for_inference
from .comparison import Comparison
from .faces import make_faces
from .target import Target
from .timing import synchronized, take_turns
from .unit import Unit

# What the project promises on the CPU, by measure and setting.
_PROMISED_NETWORKS = ('fer_yolo_mamba_rafdb', 'yolox_s_rafdb')
_TARGETS = {
    ('inference', '320×320, batch 1'): Target(1.3, at_least=False),
    ('training step', '320×320, batch 16'): Target(1.4, at_least=False),
}


def compare_networks(
    ours: Config,
    rival: Config,
    side: int,
    batch: int,
    device: torch.device,
    rounds: int,
    training_rounds: int,
) -> Iterator[Comparison]:
    """Times the networks of two configs.

    Args:
        ours: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        rival: The other one.
        side: Height and width of the pictures, a multiple of 32.
        batch: Pictures of a training step.
        device: Where the networks work.
        rounds: Turns of each in inference, a picture a call.
        training_rounds: Turns of each with training steps.

    Yields:
        Inference of ours, fused, and its training step, channels last, both
        against the other one as it was built and treated in the same way.
    """
    names = config_name(ours), config_name(rival)
    is_promised = device.type == 'cpu' and names == _PROMISED_NETWORKS

    def compare(measure, pictures, ours_name, rival_name, times):
        setting = f'{side}×{side}, batch {pictures}'
        target = _TARGETS.get((measure, setting)) if is_promised else None
        return Comparison(
            measure,
            setting,
            Unit.SECOND,
            ours_name,
            times[ours_name],
            rival_name,
            times[rival_name],
            is_speedup=False,
            # Promised beside the other network as its library runs it.
            target=target if rival_name == names[1] else None,
        )

    ours_fused, rival_fused = (f'{name}, fused' for name in names)
    times = take_turns(
        {
            ours_fused: make_inference(ours, 1, side, device),
            names[1]: make_inference(rival, 1, side, device, fused=False),
            rival_fused: make_inference(rival, 1, side, device),
        },
        rounds,
    )
    for name in (names[1], rival_fused):
        yield compare('inference', 1, ours_fused, name, times)

    ours_last, rival_last = (f'{name}, channels last' for name in names)
    times = take_turns(
        {
            ours_last: make_training_step(ours, batch, side, device),
            names[1]: make_training_step(
                rival, batch, side, device, channels_last=False
            ),
            rival_last: make_training_step(rival, batch, side, device),
        },
        training_rounds,
    )
    for name in (names[1], rival_last):
        yield compare('training step', batch, ours_last, name, times)


def config_name(config: Config) -> str:
    """Name of a config's file."""
    return Path(config.filename).stem


def make_inference(
    config: Config,
    batch: int,
    side: int,
    device: torch.device,
    fused: bool = True,
) -> Callable[[], None]:
    """A call: backbone, neck and head on pictures, without decoding."""
    network = _build(config, device).eval()
    if fused:
        network = fuse_for_inference(network)
    pictures = pseudo_collate(make_faces(batch, side))
    data = network.data_preprocessor(pictures, training=False)

    @torch.no_grad()
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
    network = _build(config, device).train()
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


def _build(config: Config, device: torch.device) -> nn.Module:
    """The detector with random weights; nothing is downloaded."""
    init_default_scope(config.get('default_scope', 'mmyolo'))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.build(config.model).to(device)
