"""The process itself: warnings, waiting threads, distributed runs on CPUs.

Importing this module before torch and mmengine silences what only the
libraries' authors could act on, lets OpenMP's threads wait asleep, and gets
past a backend of matplotlib that is not here.
"""

import os
import sys
import warnings
from contextlib import suppress

# Each comes from code of mmengine or mmdet, many times a run; whatever else
# warns is still heard.
for message in (
    'pkg_resources is deprecated',
    # On a machine without a GPU, mmyolo's data loaders ask for it all the same.
    "'pin_memory' argument is set as true but no accelerator",
    r'`torch\.cuda\.amp\.autocast\(args',
    r'torch\.meshgrid: in an upcoming release',
):
    warnings.filterwarnings('ignore', message=message)

# A thread that waits for work spins by default. With as many data-loader
# workers as cores the spinning threads keep the working ones from running:
# training steps took five times as long on two cores.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

# OpenCV decodes 2^30 pixels otherwise: a JPEG file of 631 bytes can claim as
# many. A limit of the user's own stays.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', '200000000')

# A notebook hands the backend of its plots down to what it starts, where the
# module may be absent: matplotlib then cannot even be imported. No plot of this
# project, mmengine's or mmdet's needs a backend.
if 'MPLBACKEND' in os.environ and 'matplotlib' not in sys.modules:
    backend = os.environ.pop('MPLBACKEND')
    import matplotlib

    with suppress(ValueError):
        matplotlib.rcParams['backend'] = backend
        os.environ['MPLBACKEND'] = backend

import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402


def prepare_cpu_distributed(config: Config) -> None:
    """Makes a run that torchrun started work on CPUs.

    mmengine 0.10.7 sets a CUDA device for every process that torchrun starts
    and wraps the model for that device. Where there is none, the process
    group is made here, over gloo, and mmengine finds it made.

    Call it before the runner is built; it does nothing where a GPU is present
    or the run is a single process, and may be called again.
    """
    if config.get('launcher', 'none') != 'pytorch' or (
        torch.cuda.is_available()
    ):
        return
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
    config.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel',
        device_ids=None,
        broadcast_buffers=False,
    )
