"""The only place that knows about versions of torch, mmcv, mmengine, mmdet.

Importing it imports none of them. :func:`prepare_openmmlab` has these at work
before the first of them is used:

=========================  ===================================================
:mod:`.process`            warnings, waiting threads, OpenCV, plots' backend
:mod:`.openmmlab`          prepared once somebody imports one of the libraries
:mod:`.distributed`        several processes, no GPU
:mod:`.environment`        warns where a version is not the tested one
:mod:`.mmcv_ext`           compiled mmcv operators where mmcv-lite has none
:mod:`.checkpoints`        where they are loaded from, and how one is written
:mod:`.checkpoint_files`   their two formats, within the size of the file
:mod:`.checkpoint_pickle`  what one may hold, and nothing else
=========================  ===================================================
"""

from . import process
from .openmmlab import prepare_openmmlab

__all__ = ['prepare_openmmlab', 'process']
