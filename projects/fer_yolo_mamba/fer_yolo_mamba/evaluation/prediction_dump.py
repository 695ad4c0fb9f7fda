"""Every detection and ground truth of a test, as one JSON file."""

from collections.abc import Sequence
from pathlib import Path

from mmengine.evaluator import BaseMetric
from mmyolo.registry import METRICS

from .image_record import ImageRecord
from .predictions import ImagePredictions, Predictions


@METRICS.register_module()
class PredictionDump(BaseMetric):
    """Writes what a detector said about each image; returns no figures.

    Args:
        path: The JSON file to write, see :class:`Predictions`.
        collect_device: Where results of several processes are gathered.
        prefix: Not used; mmengine passes one to every metric.

    Attributes:
        predictions (Predictions | None): What was written last, in the main
            process.
    """

    # mmengine warns of a metric without one.
    default_prefix = 'predictions'

    def __init__(
        self,
        path: str | Path,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.path = Path(path)
        self.predictions: Predictions | None = None

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keeps one batch of mmdet's data samples, given as dictionaries."""
        num_classes = len(self.dataset_meta['classes'])
        for sample in data_samples:
            height, width = sample['ori_shape'][:2]
            record = ImageRecord.from_data_sample(sample, num_classes)
            self.results.append(
                ImagePredictions(sample['img_path'], width, height, record)
            )

    def compute_metrics(self, results: list[ImagePredictions]) -> dict:
        """Writes the file, in the main process alone."""
        self.predictions = Predictions(
            tuple(self.dataset_meta['classes']), tuple(results)
        )
        self.predictions.write(self.path)
        return {}
