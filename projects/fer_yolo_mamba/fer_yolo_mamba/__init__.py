"""FER-YOLO-Mamba: find the faces in a photograph and name each expression.

>>> from fer_yolo_mamba import FERDetector
>>> for result in FERDetector()('photo.jpg'):
...     print(result)
photo.jpg: Neutral 0...

Importing the package imports neither torch nor an OpenMMLab library. It has
these prepared (:mod:`.compat`), and everything that a config can name
registered with mmyolo, once somebody imports one of them.
"""

import lazy_loader

from . import compat

compat.prepare_openmmlab(f'{__name__}.registration')

__version__ = '0.1.0'
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
