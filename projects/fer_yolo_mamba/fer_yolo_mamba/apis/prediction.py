"""Faces and expressions in photographs, with a trained detector."""

from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
from mmcv.ops import nms
from mmdet.apis import inference_detector
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import MODELS

from ..engine.checkpoints import fuse_for_inference, load_weights
from ..expressions import EXPRESSIONS
from ..faces import Face

# Boxes that overlap more than this are readings of one and the same face.
_SAME_FACE_IOU = 0.65


def load_detector(
    config: Config, checkpoint: str | Path, device: str | None = None
) -> nn.Module:
    """Builds a config's detector with trained weights, fused to predict.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        checkpoint: File that a training with this config wrote.
        device: A GPU if there is one, else the CPU, unless given.

    Raises:
        InputError: The checkpoint cannot be read or does not fit.
    """
    init_default_scope(config.get('default_scope', 'mmyolo'))
    model = MODELS.build(config.model)
    meta = load_weights(model, checkpoint)
    model.dataset_meta = meta.get('dataset_meta', dict(classes=EXPRESSIONS))
    model.cfg = config
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    return fuse_for_inference(model.to(device).eval())


def predict_faces(
    model: nn.Module, image: np.ndarray, score_thr: float = 0.5
) -> list[Face]:
    """Finds the faces of a photograph and names their expressions.

    Args:
        model: From :func:`load_detector`.
        image: (H, W, 3) uint8, BGR.
        score_thr: Least score of a face, in [0, 1].

    Returns:
        Faces by falling score. A face gets its best expression alone: the
        detector scores every class by itself and may name several.
    """
    found = inference_detector(model, image).pred_instances
    found = found[found.scores >= score_thr]
    if len(found):
        _, kept = nms(found.bboxes, found.scores, _SAME_FACE_IOU)
        found = found[kept]
    classes = model.dataset_meta['classes']
    return [
        Face(tuple(box), classes[label], score)
        for label, score, box in zip(
            found.labels.tolist(),
            found.scores.tolist(),
            found.bboxes.tolist(),
            strict=True,
        )
    ]
