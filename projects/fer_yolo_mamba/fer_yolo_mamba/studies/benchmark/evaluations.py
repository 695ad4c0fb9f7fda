"""How long it takes to evaluate a test, and how much memory.

The detections are drawn by lot: the time of all evaluations here depends on
their number alone, and hardly on their quality.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from ...engine.plain_runner import unlogged
from ...evaluation import (
    CocoAveragePrecision,
    DetectionAnalysis,
    FERMetric,
    ImageRecord,
    MatchedClasses,
    Predictions,
)
from ...evaluation.significance import Comparison
from ...expressions import EXPRESSIONS
from . import timing
from .measures import Series

_SIDE = 320


@dataclass(frozen=True)
class EvaluationCosts:
    """What the evaluation of a test takes.

    Attributes:
        images: Images of the test whose evaluations were timed.
        detections: Detections in each image of either test.
        times: Seconds, by what was evaluated.
        many_images: Images of the test whose memory was measured.
        peak: Peak of the metric's memory in bytes; None where it cannot be
            measured.
    """

    images: int
    detections: int
    times: Mapping[str, Series]
    many_images: int
    peak: int | None

    def to_dict(self) -> dict:
        """The costs as JSON can hold them, in seconds and bytes."""
        times = {name: series.to_dict() for name, series in self.times.items()}
        return {**vars(self), 'times': times}


def measure_evaluation(
    images: int, detections: int, rounds: int, many_images: int
) -> EvaluationCosts:
    """Times the evaluations of a test, and measures the metric's memory.

    Args:
        images: Images of the test that is timed.
        detections: In each image.
        rounds: Turns of each evaluation.
        many_images: Images of the test whose memory is measured.
    """
    times = time_evaluations(images, detections, rounds)
    is_measurable = timing.memory_is_measurable(torch.device('cpu'))
    peak = metric_memory(many_images, detections) if is_measurable else None
    return EvaluationCosts(images, detections, times, many_images, peak)


def time_evaluations(
    images: int, detections: int, rounds: int, resamples: int = 10_000
) -> dict[str, Series]:
    """Times each evaluation of the same samples.

    Returns:
        Seconds, by what was evaluated.
    """
    samples = list(drawn_samples(images, detections))
    first, second = (
        Predictions(
            EXPRESSIONS,
            tuple(
                ImageRecord.from_data_sample(sample, len(EXPRESSIONS))
                for sample in drawn_samples(images, detections, seed)
            ),
        )
        for seed in (0, 1)
    )
    matched = MatchedClasses.of(first)

    return timing.take_turns(
        {
            'metric: AP, P, R, F1 at one IoU': lambda: run_metric(samples),
            "COCO's AP at ten IoUs, by pycocotools": lambda: (
                CocoAveragePrecision.of(matched)
            ),
            "all figures of a test's report": lambda: DetectionAnalysis.of(
                MatchedClasses.of(first)
            ),
            f'{resamples:,} paired resamples of two tests': lambda: (
                Comparison.of(first, second, resamples)
            ),
        },
        rounds,
    )


def metric_memory(images: int, detections: int) -> int:
    """Peak of memory while the metric evaluates, in bytes."""
    return timing.in_fresh_process(_metric_memory, images, detections)


def _metric_memory(images: int, detections: int) -> int:
    run_metric(drawn_samples(10, detections))
    return timing.peak_extra_bytes(
        lambda: run_metric(drawn_samples(images, detections)),
        torch.device('cpu'),
    )


def run_metric(samples: Iterable[dict]) -> dict[str, float]:
    """Evaluates samples one by one, as a test hands them over."""
    metric = FERMetric()
    metric.dataset_meta = dict(classes=EXPRESSIONS)
    for sample in samples:
        metric.process({}, [sample])
    with unlogged():  # of the table
        return metric.evaluate(len(metric.results))


def drawn_samples(
    images: int, detections: int, seed: int = 0
) -> Iterator[dict]:
    """Yields data samples with one or two faces, and detections near them.

    Args:
        images: How many samples.
        detections: Of each.
        seed: Of the detections; the faces are always the same.
    """
    faces_of = np.random.default_rng(0)
    rng = np.random.default_rng((1, seed))
    for number in range(images):
        corners = faces_of.uniform(0, 200, (faces_of.integers(1, 3), 2))
        faces = np.hstack([corners, corners + faces_of.uniform(30, 99, (1, 2))])
        found = faces[rng.integers(0, len(faces), detections)]
        found = found + rng.normal(0, 8, found.shape)
        # As NMS leaves them: of positive size.
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        yield dict(
            img_path=f'{number}.jpg',
            ori_shape=(_SIDE, _SIDE),
            pred_instances=dict(
                bboxes=torch.tensor(found, dtype=torch.float32),
                scores=torch.tensor(rng.random(detections) ** 4),
                labels=torch.tensor(rng.integers(0, 7, detections)),
            ),
            gt_instances=dict(
                bboxes=torch.tensor(faces, dtype=torch.float32),
                labels=torch.tensor(faces_of.integers(0, 7, len(faces))),
            ),
        )
