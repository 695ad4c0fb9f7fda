"""Every detection and ground truth of a test, as one JSON file."""

import json
from collections.abc import Sequence
from pathlib import Path

from mmengine.evaluator import BaseMetric
from mmyolo.registry import METRICS

from ..atomic_write import write_atomically


@METRICS.register_module()
class PredictionDump(BaseMetric):
    """Writes what a detector said about each image; returns no figures.

    The file holds ``classes`` and ``images``; an image has ``path``,
    ``width``, ``height``, ``detections`` (``bbox`` as x1, y1, x2, y2 in
    pixels of the original image, ``score``, ``label``) and ``ground_truth``
    (``bbox``, ``label``); labels are class names.

    Args:
        path: The JSON file to write.
        collect_device: Where results of several processes are gathered.
        prefix: Not used; mmengine passes one to every metric.
    """

    def __init__(
        self,
        path: str | Path,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.path = Path(path)

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keeps one batch of mmdet's data samples, given as dictionaries."""
        for sample in data_samples:
            height, width = sample['ori_shape'][:2]
            found, truth = sample['pred_instances'], sample['gt_instances']
            detections = self._instances(found)
            for detection, score in zip(
                detections, found['scores'].tolist(), strict=True
            ):
                detection['score'] = score
            self.results.append(
                dict(
                    path=sample['img_path'],
                    width=width,
                    height=height,
                    detections=detections,
                    ground_truth=self._instances(truth),
                )
            )

    def _instances(self, instances: dict) -> list[dict]:
        boxes = instances['bboxes']
        boxes = getattr(boxes, 'tensor', boxes).tolist()
        names = self.dataset_meta['classes']
        return [
            dict(bbox=box, label=names[label])
            for box, label in zip(
                boxes, instances['labels'].tolist(), strict=True
            )
        ]

    def compute_metrics(self, results: list[dict]) -> dict:
        """Writes the file, in the main process alone."""
        content = dict(
            classes=list(self.dataset_meta['classes']), images=results
        )
        write_atomically(self.path, json.dumps(content) + '\n')
        return {}
