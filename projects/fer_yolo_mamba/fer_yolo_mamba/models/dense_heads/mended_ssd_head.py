"""SSD's head, which mmdet 3.3.0 can train but not test."""

from mmdet.models import SSDHead
from mmyolo.registry import MODELS


@MODELS.register_module()
class MendedSSDHead(SSDHead):
    """mmdet's head, with the attribute that predicting asks every head for.

    mmdet looks for a custom activation in ``loss_cls`` before it predicts;
    SSD's loss is fixed, and its head has none.

    Args:
        **kwargs: As of :class:`mmdet.models.SSDHead`.
    """

    loss_cls = None
