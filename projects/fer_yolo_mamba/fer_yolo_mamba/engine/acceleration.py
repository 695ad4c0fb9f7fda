"""What makes a training faster on the device that it has."""

import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn as nn
from mmdet.models.layers import ExpMomentumEMA
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmyolo.registry import HOOKS, MODELS, OPTIM_WRAPPERS
from torch import Tensor

# Optimizers of PyTorch that have a fused step on CPUs and GPUs.
_FUSED = ('Adam', 'AdamW', 'SGD')
_COMPILED = ('backbone', 'neck', 'bbox_head.head_module')


def use_fast_defaults(config: Config) -> None:
    """Chooses what is fast and gives the same but for rounding.

    Adam, AdamW and SGD step in one pass over each weight, and a GPU tries
    convolutions' algorithms, unless a run is to give the same again. What a
    config says stays.

    Args:
        config: Is changed.
    """
    optimizer = config.optim_wrapper.get('optimizer', {})
    if optimizer.get('type') in _FUSED and not optimizer.get('foreach'):
        optimizer.setdefault('fused', True)
    if torch.cuda.is_available():
        exact = config.get('randomness', {}).get('deterministic', False)
        config.setdefault('env_cfg', {})
        config.env_cfg.setdefault('cudnn_benchmark', not exact)


def use_mixed_precision(config: Config) -> None:
    """Trains in 16 bits where that is safe; the scan's states keep 32.

    In bfloat16, which has float32's range; on a GPU that does not compute in
    it, in float16 with a dynamic loss scale.

    Args:
        config: Is changed.
    """
    wrapper = config.optim_wrapper
    # Earlier GPUs than Ampere store it and emulate the rest, slowly.
    if torch.cuda.is_available() and not torch.cuda.is_bf16_supported(
        including_emulation=False
    ):
        wrapper.type, wrapper.loss_scale = 'AmpOptimWrapper', 'dynamic'
    else:
        wrapper.type = 'BFloat16OptimWrapper'


def fast_autocast(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16, on devices that are faster in it.

    These are GPUs, and processors with matrix units (AMX); on others it would
    be slower than float32, and the context does nothing.

    Args:
        device: Where the network is.
    """
    is_faster = device.type == 'cuda' or _has_matrix_units()
    return torch.autocast(device.type, torch.bfloat16, enabled=is_faster)


def spare_slow_convolutions(network: nn.Module) -> None:
    """Keeps what a processor learns slowly in bfloat16 out of autocast.

    Convolutions of single channels that have five columns or a stride: oneDNN
    takes four times as long for their backward as in float32, which was half of
    a step of EfficientDet-D0.

    Args:
        network: Is changed; copies of it would compute with its weights.
    """

    def in_single_precision(compute: Callable[[Tensor], Tensor]) -> Callable:
        def call(x: Tensor) -> Tensor:
            with torch.autocast(x.device.type, enabled=False):
                return compute(x.float()).to(x.dtype)

        return call

    for module in network.modules():
        if (
            isinstance(module, nn.Conv2d)
            and module.groups == module.in_channels > 1
            and (max(module.kernel_size) > 3 or max(module.stride) > 1)
        ):
            module.forward = in_single_precision(module.forward)


def _has_matrix_units() -> bool:
    # Earlier versions of PyTorch do not tell.
    capabilities = getattr(torch.cpu, 'get_capabilities', dict)()
    return capabilities.get('amx_bf16', False)


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Runs forward passes under autocast to bfloat16, on any device.

    mmengine's `AmpOptimWrapper` wants a GPU, and scales losses, which a type
    of float32's range does not need.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Of a forward pass."""
        device = next(model.parameters()).device.type
        with (
            super().optim_context(model),
            torch.autocast(device, dtype=torch.bfloat16),
        ):
            yield


@HOOKS.register_module()
class CompileHook(Hook):
    """Compiles the network's parts by ``torch.compile`` for a training.

    Losses stay as they are: their shapes differ from batch to batch. Names of
    weights stay, too, and the moving average's copy is not compiled. The first
    steps take longer.

    Args:
        parts: Modules of the model; those that it lacks are passed over.
        **options: Of ``torch.compile``.
    """

    def __init__(self, parts: Sequence[str] = _COMPILED, **options) -> None:
        self.parts = parts
        self.options = options

    def before_train(self, runner: Runner) -> None:
        """Marks them; the first call compiles."""
        model = getattr(runner.model, 'module', runner.model)
        modules = dict(model.named_modules())
        for name in self.parts:
            if name in modules:
                modules[name].compile(**self.options)


@MODELS.register_module()
class ForeachEMA(ExpMomentumEMA):
    """mmdet's average in operations on all weights at once.

    Where statistics of norms are averaged, too, as the recipe has it. They and
    the weights are looked up once, and are to stay the tensors that they are.
    """

    # Whose tensors were looked up last.
    _source: 'weakref.ref[nn.Module] | None' = None

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Takes in the weights and statistics after a step."""
        first = self.steps == 0 or self.steps % self.interval
        if first or not self.update_buffers:
            super().update_parameters(model)
            return
        if self._source is None or self._source() is not model:
            self._look_up(model)
        momentum = self.momentum + (1 - self.momentum) * math.exp(
            -float(1 + self.steps) / self.gamma
        )
        averages = self._averages
        values = [
            value.to(average.device)
            for value, average in zip(self._values, averages, strict=True)
        ]
        torch._foreach_mul_(averages, 1 - momentum)
        torch._foreach_add_(averages, values, alpha=momentum)
        self.steps += 1

    def _look_up(self, model: nn.Module) -> None:
        # At each step this would take longer than the average itself.
        given = model.state_dict(keep_vars=True)
        averages = {
            name: value
            for name, value in self.avg_parameters.items()
            if value.is_floating_point()
        }
        self._averages = list(averages.values())
        self._values = [given[name] for name in averages]
        self._source = weakref.ref(model)
