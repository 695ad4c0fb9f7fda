"""The process itself: warnings, threads, OpenCV, the backend of plots.

Importing this module before torch and mmengine silences what only the
libraries' authors could act on, lets OpenMP's threads wait asleep, says what
to do where OpenCV cannot be loaded, and gets past a backend of matplotlib that
is not here.
"""

import os
import sys
import warnings
from contextlib import suppress

# Each comes from a library's own code, many times a run; whatever else warns is
# still heard.
for message in (
    'pkg_resources is deprecated',
    # On a machine without a GPU, mmyolo's data loaders ask for it all the same.
    "'pin_memory' argument is set as true but no accelerator",
    r'`torch\.cuda\.amp\.autocast\(args',
    r'torch\.meshgrid: in an upcoming release',
    # In runs of several processes, once in each.
    'Setting (OMP|MKL)_NUM_THREADS environment variable for each process',
    '`broadcast_buffers` is deprecated',
    r'group` is deprecated\. Currently only supports NCCL backend',
    'Note: the "to_float" is True',
    # Pillow's limit, of pictures whose pixels OpenCV decodes within another.
    r'Image size \(\d+ pixels\) exceeds limit of',
):
    warnings.filterwarnings('ignore', message=message)

# A thread that waits for work spins by default. With as many data-loader
# workers as cores the spinning threads keep the working ones from running:
# training steps took five times as long on two cores.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

# OpenCV decodes 2^30 pixels otherwise: a JPEG file of 631 bytes can claim as
# many. A limit of the user's own stays.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', '200000000')

# What OpenCV prints of a damaged file, beside the one sentence of ours.
os.environ.setdefault('OPENCV_LOG_LEVEL', 'SILENT')
os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')


def _end_with_one_line(kind: type, error: BaseException, trace: object) -> None:
    """Stands for Python's own end of a program, which shows a traceback."""
    print(f'error: {error}', file=sys.stderr)
    sys.exit(2)


# The OpenCV that mmengine depends on wants libGL, for windows that nothing here
# opens; a slim container has none. Its headless build has all else, in the same
# folder, so of two builds that are installed the later one is there.
try:
    import cv2  # noqa: F401
except ImportError as error:
    # Tools are imported before they can catch anything.
    sys.excepthook = _end_with_one_line
    raise ImportError(
        f'OpenCV cannot be loaded ({error}): put its build for machines '
        'without a display in place, pip install --force-reinstall --no-deps '
        'opencv-python-headless, or install the system library (apt-get '
        'install libgl1).'
    ) from None

# A notebook hands the backend of its plots down to what it starts, where the
# module may be absent: matplotlib then cannot even be imported. No plot of this
# project, mmengine's or mmdet's needs a backend.
if 'MPLBACKEND' in os.environ and 'matplotlib' not in sys.modules:
    backend = os.environ.pop('MPLBACKEND')
    import matplotlib

    with suppress(ValueError):
        matplotlib.rcParams['backend'] = backend
        os.environ['MPLBACKEND'] = backend
