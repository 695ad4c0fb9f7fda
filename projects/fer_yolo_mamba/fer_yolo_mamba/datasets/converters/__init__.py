"""Turns the public expression sets, and a user's own, into VOC sets and back.

A reader a format gives an `ImageStream`; `write_voc_set` writes it.
"""

from .affectnet import read_affectnet
from .box_lists import read_txt, write_txt
from .class_folders import read_class_folders
from .coco import read_coco, write_coco
from .export import VOCImage, VOCSet
from .expw import read_expw
from .ferplus import read_ferplus
from .rafdb import read_rafdb
from .records import (
    EncodedImage,
    ImageStream,
    LabelledImage,
    Remark,
    Skipped,
    SkippedFace,
)
from .report import ConversionReport
from .set_folder import Transfer
from .sfew import read_sfew
from .widerface import read_widerface
from .writer import write_voc_set
from .yolo import read_yolo, write_yolo

__all__ = [
    'ConversionReport',
    'EncodedImage',
    'ImageStream',
    'LabelledImage',
    'Remark',
    'Skipped',
    'SkippedFace',
    'Transfer',
    'VOCImage',
    'VOCSet',
    'read_affectnet',
    'read_class_folders',
    'read_coco',
    'read_expw',
    'read_ferplus',
    'read_rafdb',
    'read_sfew',
    'read_txt',
    'read_widerface',
    'read_yolo',
    'write_coco',
    'write_txt',
    'write_voc_set',
    'write_yolo',
]
