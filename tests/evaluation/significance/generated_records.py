"""Detections drawn by lot, with ties of every kind."""

from dataclasses import replace

import numpy as np

from fer_yolo_mamba.evaluation import (
    DetectionReport,
    ImageRecord,
    MatchedClasses,
    Predictions,
)

NAMES = ('Anger', 'Happy', 'Sad')
CORNERS = np.array([[0, 0], [40, 0], [0, 40]])


def drawn_records(seed, num_images=40, skill=0.7, ignored=0.1):
    """Images with 0 to 3 faces; the faces depend on the number alone."""
    faces_of = np.random.default_rng(num_images)
    random = np.random.default_rng(seed)
    records = []
    for _ in range(num_images):
        num_faces = faces_of.choice(4, p=[0.1, 0.6, 0.2, 0.1])
        gt_boxes = np.hstack([CORNERS, CORNERS + 19.0])[:num_faces]
        gt_labels = faces_of.integers(len(NAMES), size=num_faces)
        gt_ignored = faces_of.random(num_faces) < ignored
        boxes, labels = [np.empty((0, 4))], [np.empty(0, int)]
        for box, label in zip(gt_boxes, gt_labels, strict=True):
            repeats = random.integers(1, 4)
            boxes.append(box + random.integers(0, 3, (repeats, 4)))
            right = random.random(repeats) < skill
            other = random.integers(len(NAMES), size=repeats)
            labels.append(np.where(right, label, other))
        beside = random.integers(0, 3)
        boxes.append(np.tile([80.0, 80, 99, 99], (beside, 1)))
        labels.append(random.integers(len(NAMES), size=beside))
        labels = np.concatenate(labels)
        records.append(
            ImageRecord(
                np.concatenate(boxes),
                random.integers(1, 8, len(labels)) / 8,
                labels,
                gt_boxes,
                gt_labels,
                gt_ignored,
            )
        )
    return records


def matched_of(records):
    """The matching of a test of such images."""
    return MatchedClasses.of(Predictions(NAMES, tuple(records)))


def report_of(records):
    """What the metric says of them."""
    return DetectionReport.of(matched_of(records))


def drawn_predictions(seed, folder='/data/JPEGImages', **options):
    """What a test would have said about such images."""
    return Predictions(
        NAMES,
        tuple(
            replace(
                record,
                path=f'{folder}/face_{number:03}.jpg',
                width=100,
                height=100,
            )
            for number, record in enumerate(drawn_records(seed, **options))
        ),
    )
