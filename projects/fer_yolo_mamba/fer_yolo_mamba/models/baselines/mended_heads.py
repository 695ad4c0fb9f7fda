"""Heads of mmdet 3.3.0 that cannot predict here as they are."""

from mmdet.models import CenterNetHead, SSDHead
from mmdet.utils import InstanceList
from mmyolo.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class PaddedCenterNetHead(CenterNetHead):
    """CenterNet's head, without need of the border that only crops note.

    mmdet pads around a picture and takes the border off the boxes again. The
    pipelines here, as those of all other detectors, pad at the right and at
    the bottom, where there is nothing to take off.

    Args:
        **kwargs: As of :class:`mmdet.models.CenterNetHead`.
    """

    def predict_by_feat(
        self,
        center_heatmap_preds: list[Tensor],
        wh_preds: list[Tensor],
        offset_preds: list[Tensor],
        batch_img_metas: list[dict],
        **kwargs,
    ) -> InstanceList:
        """See :meth:`mmdet.models.CenterNetHead.predict_by_feat`."""
        metas = [dict(meta, border=(0, 0, 0, 0)) for meta in batch_img_metas]
        # mmdet views the heatmap, which the channels may lie last in.
        heatmaps = [heatmap.contiguous() for heatmap in center_heatmap_preds]
        return super().predict_by_feat(
            heatmaps, wh_preds, offset_preds, metas, **kwargs
        )


@MODELS.register_module()
class MendedSSDHead(SSDHead):
    """SSD's head, with the attribute that predicting asks every head for.

    mmdet looks for a custom activation in ``loss_cls`` before it predicts;
    SSD's loss is fixed, and its head has none.

    Args:
        **kwargs: As of :class:`mmdet.models.SSDHead`.
    """

    loss_cls = None
