"""Silences warnings that only the libraries' authors could act on.

Each comes from code of mmengine or mmdet, many times a run; whatever else
warns is still heard. Importing this module is enough, before mmengine.
"""

import warnings

for message in (
    'pkg_resources is deprecated',
    # On a machine without a GPU, mmyolo's data loaders ask for it all the same.
    "'pin_memory' argument is set as true but no accelerator",
    r'`torch\.cuda\.amp\.autocast\(args',
    r'torch\.meshgrid: in an upcoming release',
):
    warnings.filterwarnings('ignore', message=message)
