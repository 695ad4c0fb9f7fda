"""A detector's configuration as plain data, checked before it builds anything.

OpenMMLab's registries import whatever module a ``type`` names, and some of
its functions evaluate a name as a program. A configuration that comes with a
file may therefore name only the parts in the table here.
"""

from collections.abc import Mapping

from ..errors import InputError

# What the detectors of configs/ are made of, without the name of the library
# (mmyolo or mmdet). Two baselines are missing: SSD's anchors want tuples, which
# JSON lacks, and EfficientDet cannot be built without memory.
_TYPES = """
CenterNet RetinaNet YOLODetector YOLOV3

Darknet ELANBlock ResNet YOLOXCSPDarknet YOLOv4CSPDarknet YOLOv5CSPDarknet
YOLOv7Backbone YOLOv8CSPDarknet

CTResNetNeck FERYOLOMambaPAFPN FPN GatedConv OmniSS2D YOLOV3Neck YOLOXPAFPN
YOLOv4PAFPN YOLOv5PAFPN YOLOv7PAFPN YOLOv8PAFPN

FERYOLOXHead PaddedCenterNetHead RetinaHead YOLOV3Head
YOLOXHead YOLOXHeadModule YOLOv4Head YOLOv4HeadModule YOLOv5Head
YOLOv5HeadModule YOLOv7Head YOLOv7HeadModule YOLOv8Head YOLOv8HeadModule

BN SiLU nms

AnchorGenerator BatchTaskAlignedAssigner BboxOverlaps2D
DeltaXYWHBBoxCoder DistancePointBBoxCoder GridAssigner MaxIoUAssigner
MlvlPointGenerator PseudoSampler SimOTAAssigner YOLOAnchorGenerator
YOLOBBoxCoder

CrossEntropyLoss DistributionFocalLoss FocalLoss GaussianFocalLoss IoULoss
L1Loss MSELoss SmoothL1Loss
"""
_LIBRARIES = ('mmdet', 'mmyolo')
# Where a backbone's first weights come from: of no use once it is trained.
_DROPPED = ('init_cfg', 'pretrained')
_DEEPEST = 20
_LARGEST = 4096
_MOST_BOXES = 100_000
_LONGEST = 1000
_MOST_VALUES = 10_000


def model_data(model: Mapping) -> dict:
    """Copies a detector's configuration into lists, dictionaries and scalars.

    How weights were initialised is left out.

    Args:
        model: As ``config.model`` or as read from JSON.

    Raises:
        InputError: It names a type outside the table, holds anything else
            than plain data, or a value beyond all reason.
    """
    count = 0

    def copied(value: object, where: str, depth: int) -> object:
        nonlocal count
        count += 1
        if count > _MOST_VALUES or depth > _DEEPEST:
            raise InputError(
                'description of weights: model is larger than any of this '
                'project'
            )
        if isinstance(value, Mapping):
            _check_names(value, where)
            return {
                key: copied(item, f'{where}.{key}', depth + 1)
                for key, item in value.items()
                if key not in _DROPPED
            }
        if isinstance(value, (list, tuple)):
            return [copied(item, where, depth + 1) for item in value]
        if not _is_plain(value, where):
            raise InputError(
                f'description of weights: {where} is no plain value, or larger '
                'than any of this project'
            )
        return value

    if not isinstance(model, Mapping) or 'type' not in model:
        raise InputError('description of weights: model has no type')
    return copied(model, 'model', 0)


def _check_names(value: Mapping, where: str) -> None:
    for key in value:
        if not (
            isinstance(key, str)
            and key.isidentifier()
            and len(key) <= _LONGEST
            and (not key.startswith('_') or key == '_scope_')
        ):
            raise InputError(
                f'description of weights: a key in {where} is no name'
            )
    if value.get('_scope_', 'mmyolo') not in _LIBRARIES:
        raise InputError(
            f'description of weights: {where}._scope_ is not mmdet or mmyolo'
        )
    if 'type' not in value:
        return
    kind = value['type']
    library, _, name = (
        kind.rpartition('.') if isinstance(kind, str) else ('', '', None)
    )
    if name not in _TYPES.split() or library not in ('', *_LIBRARIES):
        raise InputError(
            f'description of weights: {where}.type is {str(kind)[:60]!r}, '
            "which is no part of this project's detectors"
        )


def _is_plain(value: object, where: str) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, (int, float)):
        largest = _MOST_BOXES if where.endswith('.nms_pre') else _LARGEST
        # Also false of what is not finite, or too large for a float.
        return abs(value) <= largest
    return isinstance(value, str) and len(value) <= _LONGEST
