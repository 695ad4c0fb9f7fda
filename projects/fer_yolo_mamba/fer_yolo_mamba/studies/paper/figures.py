"""Figs. 3 to 5: costs of the methods, and what the network sees where."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import DATASETS

from ...apis import FERDetector, read_image
from ...engine.config import load_config
from ...engine.runner import latest_checkpoint
from ...errors import InputError
from ...visualization import contact_sheet, draw_faces
from .score_map import overlay, score_map
from .sources import FinishedRun, published_data


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
    except (OSError, ValueError, TypeError, KeyError) as error:
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
        InputError: The run's checkpoint, or its data, are not there.
    """
    config = load_config(run.folder / f'{run.name}.py')
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


def _first_of_each_class(config: Config) -> Iterator[str]:
    init_default_scope(config.get('default_scope', 'mmyolo'))
    dataset = DATASETS.build({**config.test_dataloader.dataset, 'pipeline': []})
    paths: dict[int, str] = {}
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        for instance in info['instances']:
            paths.setdefault(instance['bbox_label'], info['img_path'])
    return (paths[label] for label in sorted(paths))
