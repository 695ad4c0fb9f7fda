"""Several processes that train as one would: losses, norms, and the CPU.

With N processes of batches of b pictures, a step is that of one process and
N * b pictures: gradients are averaged by torch, and here norms and losses are
made to look at all pictures.
"""

import os
import subprocess

import torch
import torch.distributed as dist
import torch.nn as nn
from mmengine.config import Config
from mmengine.dist import all_reduce, get_world_size
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmyolo.registry import MODEL_WRAPPERS
from torch import Tensor

from .joint_losses import JointSum, join_losses


def prepare_distributed(config: Config) -> None:
    """Settles how a run of several processes shares the work.

    mmengine 0.10.7 sets a CUDA device for every process that torchrun starts
    and wraps the model for that device. Where there is none, the process
    group is made here, over gloo, and mmengine finds it made.

    Call it before the runner is built; it does nothing for a single process,
    and may be called again.

    Args:
        config: Is changed; what its `model_wrapper_cfg` says stays.
    """
    if config.get('launcher', 'none') != 'pytorch':
        return
    wrapper = dict(
        broadcast_buffers=False,
        find_unused_parameters=config.get('find_unused_parameters', False),
    )
    if not torch.cuda.is_available():
        if not dist.is_initialized():
            dist.init_process_group('gloo')
        wrapper['device_ids'] = None
    given = config.get('model_wrapper_cfg', {})
    if 'type' not in given:
        wrapper['type'] = 'mmyolo.JointDataParallel'
        wrapper['channels_last'] = any(
            str(hook.get('type')).endswith('ChannelsLastHook')
            for hook in config.get('custom_hooks') or []
        )
    config.model_wrapper_cfg = {**wrapper, **given}


def use_slurms_environment() -> None:
    """Tells torch in its words what srun has told this process in its own.

    As mmengine 0.10.7 does it, whose launcher needs a GPU for that. The port
    follows from the job, as jobs may share a node; MASTER_ADDR and MASTER_PORT
    of the environment come first.

    Raises:
        KeyError: srun did not start this process.
    """
    slurm = os.environ
    names = dict(
        RANK='SLURM_PROCID',
        LOCAL_RANK='SLURM_LOCALID',
        WORLD_SIZE='SLURM_NTASKS',
    )
    told = {name: slurm[slurms] for name, slurms in names.items()}
    if 'MASTER_ADDR' not in slurm:
        command = ['scontrol', 'show', 'hostnames', slurm['SLURM_JOB_NODELIST']]
        hosts = subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout
        told['MASTER_ADDR'] = hosts.split()[0]
    port = 20_000 + int(slurm.get('SLURM_JOB_ID', 0)) % 10_000
    slurm.setdefault('MASTER_PORT', str(port))
    slurm.update(told)


def is_lost_connection(error: BaseException) -> bool:
    """Whether another process of the run cannot be reached any more.

    gloo raises plain errors that name its source file.
    """
    return isinstance(error, dist.DistError) or (
        isinstance(error, RuntimeError) and 'gloo/' in str(error)
    )


@MODEL_WRAPPERS.register_module()
class JointDataParallel(MMDistributedDataParallel):
    """Data parallelism whose losses and norms are those of all processes.

    Args:
        module: The model; its norms become synchronised ones.
        channels_last: Whether its weights are laid out as `ChannelsLastHook`
            does it, which comes too late for the memory through which
            gradients are exchanged. Random weights depend on the layout, too:
            they are drawn in the order in which they lie in memory.
        kwargs: Of mmengine's wrapper.
    """

    def __init__(
        self, module: nn.Module, channels_last: bool = False, **kwargs
    ) -> None:
        if channels_last:
            module.to(memory_format=torch.channels_last)
        if get_world_size() > 1:
            _join_norms(module)
            head = getattr(module, 'bbox_head', None)
            if hasattr(head, 'loss_by_feat'):
                join_losses(head)
        super().__init__(module=module, **kwargs)

    def train_step(
        self, data: dict | tuple | list, optim_wrapper: OptimWrapper
    ) -> dict[str, Tensor]:
        """Learns from this process's part of a batch.

        Returns:
            Each loss, the mean over the processes. A loss that is not finite
            is so in all of them, and all stop.
        """
        losses = super().train_step(data, optim_wrapper)
        means = torch.stack([loss.detach() for loss in losses.values()])
        all_reduce(means, 'mean')
        return dict(zip(losses, means.unbind(), strict=True))


class _JointBatchNorm(nn.modules.batchnorm._BatchNorm):
    """`torch.nn.SyncBatchNorm`, which knows no CPU, for CPUs."""

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        # Under autocast the maps alone have 16 bits, as in torch's own norm.
        given, input = input.dtype, input.to(self.weight.dtype)
        others = [0, *range(2, input.dim())]
        shape = [1, -1, *[1] * (input.dim() - 2)]
        # A last batch may be smaller in one of the processes.
        count = input.new_tensor(input.numel() / input.size(1))
        sums = torch.cat([input.sum(others), count[None]])
        *_, total = sums = JointSum.apply(sums)
        mean = sums[:-1] / total
        centred = input - mean.view(shape)
        squares = JointSum.apply(centred.square().sum(others))
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(squares / (total - 1), self.momentum)
        scale = self.weight * (squares / total + self.eps).rsqrt()
        normed = centred * scale.view(shape) + self.bias.view(shape)
        return normed.to(given)


def _join_norms(module: nn.Module) -> None:
    """Synchronises the batch norms of a model, weights and all."""
    if torch.cuda.is_available():
        nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return
    for norm in module.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.__class__ = _JointBatchNorm
