"""What an exported model can do; read before the exporter is imported."""

from dataclasses import dataclass
from enum import Enum


class ScanForm(Enum):
    """What the scans of an exported model are.

    ``PORTABLE`` ones are standard operators of ONNX, which every runtime has;
    ``NATIVE`` ones are nodes of this project's own, which onnxruntime runs
    with the C++ kernel of this package.
    """

    PORTABLE = 'portable'
    NATIVE = 'native'


@dataclass(frozen=True)
class ExportOptions:
    """What an exported model can do.

    Attributes:
        scan: Form of the scans.
        dynamic_batch: Whether it takes any number of pictures; otherwise one.
        dynamic_size: Whether it takes pictures whose sides are any multiples
            of 32 pixels; otherwise squares of the described side.
        nms: Whether it gives finished faces, see :mod:`.suppression`.
    """

    scan: ScanForm = ScanForm.PORTABLE
    dynamic_batch: bool = False
    dynamic_size: bool = False
    nms: bool = False
