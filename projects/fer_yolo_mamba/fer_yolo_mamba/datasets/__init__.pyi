from .fer_voc_dataset import ClassBalancedFERVOCDataset, FERVOCDataset
from .voc_xml import VOCAnnotation, VOCObject, read_voc_xml, write_voc_xml

__all__ = [
    'ClassBalancedFERVOCDataset',
    'FERVOCDataset',
    'VOCAnnotation',
    'VOCObject',
    'read_voc_xml',
    'write_voc_xml',
]
