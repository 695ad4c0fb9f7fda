"""Recognises the data that a run was trained and tested on."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import DATASETS

from ...datasets import FERVOCDataset, read_voc_xml
from ...datasets.split_file import read_split
from ...datasets.voc_image_reader import VOCImageReader
from ...errors import InputError

_LOADERS = ('train_dataloader', 'test_dataloader')


def fer_datasets(config: Config) -> dict[str, FERVOCDataset]:
    """The data sets of training and test, by split file; not yet read.

    Wrappers such as mmengine's ``ConcatDataset`` are looked into.

    Raises:
        InputError: The config has none, or one of another kind.
    """
    init_default_scope(config.get('default_scope', 'mmyolo'))
    found = {}
    for loader in _LOADERS:
        if not config.get(loader):
            raise InputError(
                f'config {config.filename} has no {loader}: name a config '
                'that trains and tests a detector.'
            )
        for settings in _innermost(config[loader].dataset):
            dataset = DATASETS.build(
                {**settings, 'pipeline': [], 'lazy_init': True}
            )
            if not isinstance(dataset, FERVOCDataset):
                raise InputError(
                    f'config {config.filename}: {loader} reads '
                    f'{settings["type"]}, whose files are not known: use '
                    'FERVOCDataset.'
                )
            found[str(dataset.ann_file)] = dataset
    return found


def _innermost(settings: Mapping) -> Iterator[Mapping]:
    inner = settings.get('datasets') or [settings.get('dataset')]
    if inner == [None]:
        yield settings
        return
    for part in inner:
        yield from _innermost(part)


def split_digest(split_file: str, images: str, annotations: str) -> str:
    """A digest over a split's ids, annotations, and image names and sizes.

    The pictures are not read, only their sizes in bytes, so that 15,000 take
    two seconds: one exchanged for another of the same name and size goes
    unseen. The digest does not depend on where the set lies.

    Args:
        split_file: One image id a line.
        images: Folder of the images.
        annotations: Folder of the XML files.

    Returns:
        SHA-256 in hexadecimal digits.

    Raises:
        InputError: The split file or a folder cannot be read.
    """
    digest = hashlib.sha256()
    reader = VOCImageReader(images, annotations, classes=())
    for image_id in read_split(split_file):
        digest.update(f'\n{image_id}\n'.encode())
        xml_path = reader.xml_path(image_id)
        try:
            image = reader.images.find(
                image_id, read_voc_xml(xml_path).filename
            )
            digest.update(hashlib.sha256(xml_path.read_bytes()).digest())
            digest.update(_name_and_size(image))
        except InputError:
            # Leaving the image out or stopping is the data set's decision.
            digest.update(b'at fault')
    return digest.hexdigest()


def _name_and_size(image: Path) -> bytes:
    try:
        return f'{image.name} {image.stat().st_size}'.encode()
    except OSError:  # a link that leads nowhere
        return image.name.encode()


def joint_digest(parts: Mapping[str, str]) -> str:
    """One digest over those of several splits, in their order."""
    return hashlib.sha256(' '.join(parts.values()).encode()).hexdigest()
