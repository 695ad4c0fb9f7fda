"""Distributed runs on a machine without a GPU.

mmengine 0.10.7 sets a CUDA device for every process that torchrun starts and
wraps the model for that device. Where there is none, the process group is made
here, over gloo, and mmengine finds it made.
"""

import torch
from mmengine.config import Config


def prepare(config: Config) -> None:
    """Makes a run that torchrun started work on CPUs.

    Call it before the runner is built; it does nothing where a GPU is present
    or the run is a single process.
    """
    if config.get('launcher', 'none') != 'pytorch' or (
        torch.cuda.is_available()
    ):
        return
    torch.distributed.init_process_group('gloo')
    config.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel',
        device_ids=None,
        broadcast_buffers=False,
    )
