"""The memory layout in which convolutions and scans hand maps to each other."""

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmyolo.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Lays the weights out with the channels last.

    Convolutions answer in the layout of their weights, and the state-space
    layers work on each pixel's channels, so maps need no rearranging on the
    way. Results change by no more than rounding.

    A model that is already wrapped for several processes stays as it is: the
    memory through which they exchange gradients has the old layout.
    """

    # Before the moving average copies the model.
    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Changes the layout in place; the optimizer's parameters stay."""
        if not is_model_wrapper(runner.model):
            runner.model.to(memory_format=torch.channels_last)
