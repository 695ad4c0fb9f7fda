"""YOLOv4's COCO weights, from the file that its authors published.

A ``.weights`` file of darknet holds a header and then nothing but float32
numbers, convolution after convolution in the order of the network's
description (``yolov4.cfg``): neither names nor shapes. They follow from a
detector of this package with the same layers.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmengine.runner.checkpoint import CheckpointLoader
from mmyolo.registry import MODELS
from torch import Tensor

from ...downloads import download
from ...errors import InputError

#: Parts of the detector in the order of darknet's layers. The head of a level
#: comes before the neck goes on to the next.
FILE_ORDER = (
    *('backbone', 'neck.reduce_layers.2'),
    *('neck.upsample_layers.0', 'neck.reduce_layers.1'),
    'neck.top_down_layers.0',
    *('neck.upsample_layers.1', 'neck.reduce_layers.0'),
    'neck.top_down_layers.1',
    *('bbox_head.head_module.convs.0', 'bbox_head.head_module.convs_pred.0'),
    *('neck.downsample_layers.0', 'neck.bottom_up_layers.0'),
    *('bbox_head.head_module.convs.1', 'bbox_head.head_module.convs_pred.1'),
    *('neck.downsample_layers.1', 'neck.bottom_up_layers.1'),
    *('bbox_head.head_module.convs.2', 'bbox_head.head_module.convs_pred.2'),
)
#: Three int32 for the version and one int64 for the images seen in training.
HEADER_BYTES = 20
SCHEME = 'darknet:'


@CheckpointLoader.register_scheme(prefixes=SCHEME, force=True)
def load_from_darknet(filename: str, map_location=None) -> dict:
    """Lets a config name darknet's file of YOLOv4 where it names a checkpoint.

    Args:
        filename: 'darknet:' and the path or the address of ``yolov4.weights``,
            trained on the 80 classes of COCO.
        map_location: Not used; the weights are on the CPU.

    Returns:
        A checkpoint, ``dict(state_dict=...)``.

    Raises:
        InputError: The address cannot be reached, or the file is another.
    """
    source = filename.removeprefix(SCHEME)
    path = download(source) if '://' in source else Path(source)
    detector = dict(
        type='YOLODetector',
        _scope_='mmyolo',
        backbone=dict(type='YOLOv4CSPDarknet'),
        neck=dict(type='YOLOv4PAFPN'),
        bbox_head=dict(
            type='YOLOv4Head',
            head_module=dict(type='YOLOv4HeadModule', num_classes=80),
        ),
    )
    with torch.device('meta'):  # names and shapes alone
        detector = MODELS.build(detector)
    return dict(state_dict=darknet_state_dict(path, detector))


def darknet_state_dict(
    path: str | Path, detector: nn.Module
) -> dict[str, Tensor]:
    """Reads darknet's weights of a YOLOv4.

    Args:
        path: The ``.weights`` file.
        detector: A YOLOv4 of the same size, on any device, meta included.

    Returns:
        Its state, but for the counters of batch normalisation, which darknet
        does not have.

    Raises:
        InputError: The file is missing, or not as long as this network's.
    """
    state = detector.state_dict()
    shapes = {
        name: state[name].shape for name in _names_in_file_order(detector)
    }
    wanted = HEADER_BYTES + 4 * sum(map(torch.Size.numel, shapes.values()))
    if not Path(path).is_file():
        raise InputError(
            f'{path} does not exist: name the file yolov4.weights of darknet.'
        )
    size = Path(path).stat().st_size
    if size != wanted:
        raise InputError(
            f'{path} has {size:,} bytes and not the {wanted:,} of this '
            'network: delete it if it is cut short, and name the file '
            'yolov4.weights of darknet.'
        )
    mapped = np.memmap(path, dtype='<f4', mode='c', offset=HEADER_BYTES)
    if not np.isfinite(mapped).all():
        raise InputError(
            f'{path} holds numbers that are not finite: delete it, and take '
            'the file yolov4.weights of darknet again.'
        )
    numbers = torch.from_numpy(mapped)
    parts = numbers.split([shape.numel() for shape in shapes.values()])
    return {
        name: part.view(shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def _names_in_file_order(detector: nn.Module) -> Iterator[str]:
    """Names of parameters and buffers, as their numbers follow in the file."""
    for part in FILE_ORDER:
        root = detector.get_submodule(part)
        for name, module in root.named_modules(prefix=part):
            if isinstance(module, ConvModule):
                yield f'{name}.bn.bias'
                yield f'{name}.bn.weight'
                yield f'{name}.bn.running_mean'
                yield f'{name}.bn.running_var'
                yield f'{name}.conv.weight'
            elif isinstance(module, nn.Conv2d) and module.bias is not None:
                yield f'{name}.bias'
                yield f'{name}.weight'
