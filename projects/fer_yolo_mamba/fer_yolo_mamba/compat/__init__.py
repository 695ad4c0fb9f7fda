"""The only place that knows about versions of torch, mmcv, mmengine, mmdet.

:func:`install` prepares the libraries before mmdet and mmyolo are imported:

=========================  ===================================================
:mod:`.library_warnings`   warnings that only the libraries' authors can mend
:mod:`.threads`            waiting threads leave the cores to working ones
:mod:`.versions`           warns where a version is not the tested one
:mod:`.mmcv_ext`           compiled mmcv operators where mmcv-lite has none
:mod:`.checkpoints`        weights-only loading of mmengine's checkpoints
:mod:`.local_files`        checkpoints that are either whole or absent
:mod:`.cpu_distributed`    several processes without a GPU
:mod:`.compiler`           what compiled programs take for constant
=========================  ===================================================
"""

from . import library_warnings, threads

# isort: split
# torch is imported from here on.
from . import checkpoints, compiler, local_files, mmcv_ext, versions

__all__ = ['compiler', 'install', 'library_warnings', 'threads']


def install() -> None:
    """Makes the installed OpenMMLab libraries work together. Idempotent."""
    versions.warn_untested()
    mmcv_ext.install()
    versions.import_past_gates()
    checkpoints.install()
    local_files.install()
