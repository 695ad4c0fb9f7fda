"""Figs. 3 to 5: costs of the methods, and what the network sees where."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from torch.nn.functional import interpolate

from ...apis import FERDetector, read_image
from ...datasets import FERVOCDataset
from ...engine.config import read_config_json
from ...engine.model_data import model_data
from ...engine.run_folder import latest_checkpoint
from ...engine.runner import RESOLVED_CONFIG
from ...engine.weights_file import InputSide
from ...errors import InputError
from ...visualization import contact_sheet, draw_faces
from .sources import FinishedRun, published_data

_JET_SHARE = 0.5
# Of a test set's settings: where it lies, and how it is read.
_DATA = (
    *('data_root', 'ann_file', 'data_prefix', 'metainfo'),
    *('one_based', 'unlabelled', 'skip_invalid'),
)


def read_complexity(path: Path) -> dict[str, tuple[float, float]]:
    """Reads what ``tools/analysis/get_flops.py --out`` wrote as JSON.

    Returns:
        Parameters and FLOPs by method, as thop counts them.

    Raises:
        InputError: The file is missing or of another kind.
    """
    try:
        records = json.loads(path.read_text(encoding='utf-8'))
        counts = {
            Path(record['config']).stem.removesuffix('_rafdb'): (
                float(record['thop_parameters']),
                float(record['thop_flops']),
            )
            for record in records
        }
    except (
        ArithmeticError,
        LookupError,
        OSError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise InputError(
            f'--complexity {path} holds no counts: write it with '
            '"tools/analysis/get_flops.py CONFIG ... --out FILE.json".'
        ) from error
    methods = published_data()['methods']
    return {name: counts[name] for name in methods if name in counts}


def draw_samples(run: FinishedRun) -> np.ndarray:
    """Detections of a few test images above their heatmaps.

    The images are the first one of every class in the order of the test
    split, so that nobody has chosen them.

    Args:
        run: A run of FER-YOLO-Mamba.

    Returns:
        (H, W, 3) uint8, BGR.

    Raises:
        InputError: The run's config, its checkpoint or its data are not there
            or at fault.
    """
    config = _checked_config(run.folder)
    checkpoint = latest_checkpoint(run.folder)
    if checkpoint is None:
        raise InputError(f'{run.folder} holds no epoch_*.pth any more.')
    images = [read_image(path) for path in _first_of_each_class(config)]
    detector = FERDetector(checkpoint, config=config)
    detections = [
        draw_faces(image, result.faces)
        for image, result in zip(images, detector(images), strict=True)
    ]
    heatmaps = [overlay(image, score_map(detector, image)) for image in images]
    return contact_sheet([*detections, *heatmaps], columns=len(images))


@torch.no_grad()
def score_map(detector: FERDetector, image: np.ndarray) -> np.ndarray:
    """The score with which each place would name its best expression.

    The paper does not say what its heatmaps show (Section IV-F); this is the
    product of objectness and the best class's probability, at each place the
    greatest of the three levels.

    Args:
        detector: One with YOLOX's head.
        image: (H, W, 3) uint8, BGR.

    Returns:
        (H, W) float32 in [0, 1].
    """
    batch, (across, down) = detector.prepare(image)
    model = detector.model
    levels = model.bbox_head(model.extract_feat(batch))
    classes, _, objectness = levels
    scores = [
        interpolate(
            of_class.sigmoid().amax(1, keepdim=True) * face.sigmoid(),
            size=batch.shape[2:],
            mode='bilinear',
        )
        for of_class, face in zip(classes, objectness, strict=True)
    ]
    padded = torch.stack(scores).amax(0)[0, 0].float().cpu().numpy()
    # Padding is on the right and below, after scaling.
    height, width = image.shape[:2]
    inside = padded[: round(height * down), : round(width * across)]
    return cv2.resize(inside, (width, height))


def overlay(image: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """A score map in colours, from blue (0) to red (1), over its photograph.

    Args:
        image: (H, W, 3) uint8, BGR.
        scores: (H, W) in [0, 1].

    Returns:
        (H, W, 3) uint8, BGR.
    """
    levels = np.round(255 * scores).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_JET)
    return cv2.addWeighted(image, 1 - _JET_SHARE, colours, _JET_SHARE, 0)


def _checked_config(folder: Path) -> Config:
    """A run's config, as far as a detector needs it, of checked data.

    The folder may come from anywhere, and a program in it is not run.
    """
    path = (folder / RESOLVED_CONFIG).with_suffix('.json')
    config = read_config_json(path)
    try:
        side = InputSide.of(config)
        model = model_data(
            {
                key: value
                for key, value in config.model.to_dict().items()
                if key != 'data_preprocessor'
            }
        )
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f'{path} cannot be used ({error}): draw a run of FER-YOLO-Mamba '
            'that tools/train.py wrote.'
        ) from error
    model['data_preprocessor'] = dict(
        type='mmdet.DetDataPreprocessor',
        mean=side.mean,
        std=side.std,
        bgr_to_rgb=side.channels == 'RGB',
    )
    config.model = model
    config.default_scope = 'mmyolo'
    return config


def _first_of_each_class(config: Config) -> Iterator[str]:
    settings = config.test_dataloader.dataset
    if settings.get('type') != FERVOCDataset.__name__:
        raise InputError(
            f'the test set of the run is a {settings.get("type")}, whose files '
            'are not known: use FERVOCDataset.'
        )
    dataset = FERVOCDataset(
        **{name: settings[name] for name in _DATA if name in settings},
        pipeline=[],
    )
    paths: dict[int, str] = {}
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        for instance in info['instances']:
            paths.setdefault(instance['bbox_label'], info['img_path'])
    return (paths[label] for label in sorted(paths))
