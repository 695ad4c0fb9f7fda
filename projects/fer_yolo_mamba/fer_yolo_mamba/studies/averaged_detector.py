"""A detector under training outside mmengine's loops, and its average."""

import math
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmyolo.registry import MODELS
from torch.nn.utils import clip_grad_norm_

from ..engine.acceleration import fast_autocast
from ..engine.checkpoints import load_weights, require_fit, write_parts
from ..engine.plain_runner import unlogged
from ..engine.weights_file import load_described
from ..errors import InputError
from .averaged_weights import AveragedWeights, step_if_finite

_SLOWEST_DECAY = 0.9995


class AveragedDetector:
    """A detector under training and the average of its weights.

    Args:
        config: Of model and optimizer.
        classes: Their names, for the files.
        device: Where to train.
        init: Weights to start from: a `.safetensors` file, or a checkpoint,
            maybe in parts; random ones if none.
        only: What the names of the parameters to train begin with; all of
            them if none. Everything else, statistics of norms included, stays
            as it is.

    Raises:
        InputError: `init` does not fit, or no parameter has such a name.
    """

    def __init__(
        self,
        config: Config,
        classes: Sequence[str],
        device: torch.device,
        init: Sequence[Path],
        only: Sequence[str] = (),
    ) -> None:
        self.name = Path(config.filename).stem
        torch.manual_seed(config.get('randomness', {}).get('seed', 0))
        self.model = MODELS.build(config.model)
        with unlogged():
            self.model.init_weights()
        if init:
            _start_from(self.model, init)
        self.model.to(device, memory_format=torch.channels_last).train()
        if only:
            _freeze_but(self.model, only)
        self._meta = dict(dataset_meta=dict(classes=tuple(classes)))
        self._average = AveragedWeights(self.model, _SLOWEST_DECAY)
        self._device = device
        settings = deepcopy(config.optim_wrapper)
        # One kernel for all weights, which can also leave them as they are.
        settings.optimizer.fused = True
        with unlogged():
            wrapper = build_optim_wrapper(self.model, settings)
        self._optimizer = wrapper.optimizer
        merge_groups(self._optimizer)
        self._rates = [group['lr'] for group in self._optimizer.param_groups]
        self._clip = settings.get('clip_grad') or dict(max_norm=math.inf)
        self._sums, self._summed = {}, 0
        self._files: list[Path] = []

    def step(self, batch: dict, rate: float, step: int) -> None:
        """Learns from a batch.

        Args:
            batch: As `PictureRing.draw` returns it; is left as it is.
            rate: Multiple of the config's learning rates.
            step: Counted from 0.
        """
        for group, own in zip(
            self._optimizer.param_groups, self._rates, strict=True
        ):
            group['lr'] = own * rate
        data = self.model.data_preprocessor(batch, training=True)
        with fast_autocast(self._device):
            losses = self.model(**data, mode='loss')
        loss, parts = self.model.parse_losses(losses)
        self._optimizer.zero_grad()
        loss.backward()
        norm = clip_grad_norm_(self.model.parameters(), **self._clip)
        step_if_finite(self._optimizer, norm)
        self._average.follow(step)
        for name, part in parts.items():
            self._sums[name] = self._sums.get(name, 0) + part.detach()
        self._summed += 1

    @property
    def averaged(self) -> torch.nn.Module:
        """The network with the average of the weights, for evaluation."""
        return self._average.network

    def use_l1_loss(self) -> None:
        """From here on with YOLOX's further loss, if the head has it."""
        if hasattr(self.model.bbox_head, 'use_bbox_aux'):
            self.model.bbox_head.use_bbox_aux = True

    def losses(self) -> str:
        """Means since the last call."""
        means = ' '.join(
            f'{name} {float(value) / self._summed:.3f}'
            for name, value in self._sums.items()
        )
        self._sums, self._summed = {}, 0
        return f'{self.name}: {means}'

    def state_dict(self) -> dict:
        """All that the next steps depend on, random numbers included."""
        state = dict(
            model=self.model.state_dict(),
            averaged=self.averaged.state_dict(),
            optimizer=self._optimizer.state_dict(),
            random=torch.get_rng_state(),
        )
        if self._device.type == 'cuda':
            state['random_cuda'] = torch.cuda.get_rng_state(self._device)
        return state

    def load_state_dict(self, state: dict) -> None:
        """Goes back to where `state_dict` was taken, of the same config."""
        self.model.load_state_dict(state['model'])
        self.averaged.load_state_dict(state['averaged'])
        self._optimizer.load_state_dict(state['optimizer'])
        torch.set_rng_state(state['random'])
        if 'random_cuda' in state and self._device.type == 'cuda':
            torch.cuda.set_rng_state(state['random_cuda'], self._device)

    def write(self, out: Path, step: int) -> None:
        """Writes the averaged weights, in half precision."""
        earlier = self._files
        self._files = write_parts(
            out / f'{self.name}_step{step}',
            dict(
                meta=self._meta, state_dict=self._average.network.state_dict()
            ),
        )
        for path in set(earlier) - set(self._files):
            path.unlink(missing_ok=True)


def merge_groups(optimizer: torch.optim.Optimizer) -> None:
    """Puts parameters of the same settings together; mmengine has one a group.

    A fused step takes a kernel or more for each group.
    """
    merged = {}
    for group in optimizer.param_groups:
        settings = {name: group[name] for name in optimizer.defaults}
        key = repr(settings)
        merged.setdefault(key, dict(settings, params=[]))
        merged[key]['params'] += group['params']
    optimizer.param_groups = list(merged.values())


def _freeze_but(model: torch.nn.Module, beginnings: Sequence[str]) -> None:
    names = [name for name, _ in model.named_parameters()]
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name in names):
            parts = sorted({name.rpartition('.')[0] for name in names})
            raise InputError(
                f'no parameter is named {beginning}…: names begin with '
                f'{", ".join(parts[:3])} or the like.'
            )
    # Statistics of norms, too, are those that the kept weights go with.
    model.eval()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(tuple(beginnings)))


def _start_from(model: torch.nn.Module, paths: Sequence[Path]) -> None:
    if paths[0].suffix != '.safetensors':
        load_weights(model, *paths)
        return
    _, described = load_described(paths[0])
    checkpoint = dict(state_dict=described.state_dict())
    require_fit(model, checkpoint, paths[0])
    model.load_state_dict(checkpoint['state_dict'])
