"""Turns the public expression sets, and a user's own, into VOC sets and back.

A reader a format gives an `ImageStream`; `write_voc_set` writes it.
"""

from .affectnet import read_affectnet
from .class_folders import read_class_folders, read_label_csv
from .coco import read_coco, write_coco
from .conversion_report import ConversionReport
from .expw import read_expw
from .face_boxes import FaceBoxes
from .fault import Fault
from .image_stream import ImageStream
from .labelled_image import LabelledImage
from .rafdb import read_rafdb
from .remark import Remark
from .sfew import read_sfew
from .transfer import Transfer
from .txt import read_txt, write_txt
from .voc_set import VOCImage, VOCSet
from .write_set import write_voc_set
from .yolo import read_yolo, write_yolo

__all__ = [
    'ConversionReport',
    'FaceBoxes',
    'Fault',
    'ImageStream',
    'LabelledImage',
    'Remark',
    'Transfer',
    'VOCImage',
    'VOCSet',
    'read_affectnet',
    'read_class_folders',
    'read_coco',
    'read_expw',
    'read_label_csv',
    'read_rafdb',
    'read_sfew',
    'read_txt',
    'read_yolo',
    'write_coco',
    'write_txt',
    'write_voc_set',
    'write_yolo',
]
