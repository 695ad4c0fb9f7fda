"""The only place that knows about versions of torch, mmcv, mmengine, mmdet.

:func:`install` prepares the libraries before mmdet and mmyolo are imported:

===================  =========================================================
:mod:`.process`      warnings, waiting threads, distributed runs without a GPU
:mod:`.environment`  warns where a version is not the tested one
:mod:`.mmcv_ext`     compiled mmcv operators where mmcv-lite has none
:mod:`.checkpoints`  loaded weights-only, and written whole or not at all
:mod:`.compiler`     what compiled programs take for constant
===================  =========================================================
"""

from . import process

# isort: split
# The other modules import torch, before which process is to be imported.
from . import checkpoints, compiler, environment, mmcv_ext

__all__ = ['compiler', 'install', 'process']


def install() -> None:
    """Makes the installed OpenMMLab libraries work together. Idempotent."""
    environment.warn_untested()
    mmcv_ext.install()
    environment.import_past_gates()
    checkpoints.install()
