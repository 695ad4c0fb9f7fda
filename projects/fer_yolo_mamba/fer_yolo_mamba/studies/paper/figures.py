"""Figs. 3 to 5: costs of the methods, and what the network sees where."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config

from ...apis import FERDetector
from ...datasets import FERVOCDataset
from ...datasets.images import read_image
from ...engine.run_config import read_run_config
from ...engine.run_folder import latest_checkpoint
from ...errors import InputError
from ...visualization import contact_sheet, draw_faces
from .sources import FinishedRun, published_data

_JET_SHARE = 0.5
# Of the levels whose scores the network gives one after the other.
_STRIDES = (8, 16, 32)
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
    config = read_run_config(run.folder)
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
    _, scores = detector.network(batch)
    best = scores[0].max(1)
    side = batch.shape[2]
    levels = []
    for stride in _STRIDES:
        cells = side // stride
        level, best = np.split(best, [cells**2])
        levels.append(cv2.resize(level.reshape(cells, cells), (side, side)))
    # Padding is on the right and below, after scaling.
    height, width = image.shape[:2]
    inside = np.max(levels, 0)[: round(height * down), : round(width * across)]
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
