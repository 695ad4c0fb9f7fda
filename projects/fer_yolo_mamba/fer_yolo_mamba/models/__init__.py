"""Networks: FER-YOLO-Mamba, and the parts of its baselines.

Importing them registers their layers, by which configs name them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
