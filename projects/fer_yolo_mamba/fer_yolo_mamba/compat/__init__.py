"""The only place that knows about versions of torch, mmcv, mmengine, mmdet.

:func:`install` prepares the libraries before mmdet and mmyolo are imported:

=========================  ===================================================
:mod:`.process`            warnings, waiting threads, several processes, no GPU
:mod:`.environment`        warns where a version is not the tested one
:mod:`.mmcv_ext`           compiled mmcv operators where mmcv-lite has none
:mod:`.checkpoints`        where they are loaded from, and how one is written
:mod:`.checkpoint_files`   their two formats, within the size of the file
:mod:`.checkpoint_pickle`  what one may hold, and nothing else
=========================  ===================================================
"""

from collections.abc import Callable

from . import process

# isort: split
# The other modules import torch, before which process is to be imported.
from . import checkpoints, environment, mmcv_ext

__all__ = ['assume_constant', 'install', 'process']


def install() -> None:
    """Makes the installed OpenMMLab libraries work together. Idempotent."""
    environment.warn_untested()
    mmcv_ext.install()
    environment.import_past_gates()
    checkpoints.install()


def assume_constant(function: Callable) -> None:
    """Lets compiled programs keep what a function gave when they were traced.

    The mark is all that ``torch.compiler.assume_constant_result`` sets; calling
    that would import the whole compiler, which few programs need.
    """
    function._dynamo_marked_constant = True
