"""Detections drawn by lot, with ties of every kind, and dumps of them."""

import json

import numpy as np

from fer_yolo_mamba.evaluation import ImageRecord

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


def write_dump(path, records, folder='/data/JPEGImages', names=NAMES):
    """What tools/test.py would have written about the records."""
    images = [
        dict(
            path=f'{folder}/face_{number:03}.jpg',
            width=100,
            height=100,
            detections=[
                dict(bbox=box, score=score, label=names[label])
                for box, score, label in zip(
                    record.boxes.tolist(),
                    record.scores.tolist(),
                    record.labels.tolist(),
                    strict=True,
                )
            ],
            ground_truth=[
                dict(bbox=box, label=names[label])
                for box, label in zip(
                    record.gt_boxes.tolist(),
                    record.gt_labels.tolist(),
                    strict=True,
                )
            ],
        )
        for number, record in enumerate(records)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(classes=list(names), images=images)))
    return path
