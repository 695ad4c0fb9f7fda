"""Face-expression data sets in VOC layout."""

from .fer_voc_dataset import FERVOCDataset
from .voc_xml import VOCAnnotation, VOCObject, read_voc_xml, write_voc_xml

__all__ = [
    'FERVOCDataset',
    'VOCAnnotation',
    'VOCObject',
    'read_voc_xml',
    'write_voc_xml',
]
