"""Face-expression data sets in VOC layout."""

from .class_balanced_fer_voc_dataset import ClassBalancedFERVOCDataset
from .fer_voc_dataset import FERVOCDataset
from .voc_xml import VOCAnnotation, VOCObject, read_voc_xml, write_voc_xml

__all__ = [
    'ClassBalancedFERVOCDataset',
    'FERVOCDataset',
    'VOCAnnotation',
    'VOCObject',
    'read_voc_xml',
    'write_voc_xml',
]
