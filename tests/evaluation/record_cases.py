"""Image records to test with: by hand, golden and drawn by hypothesis."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from fer_yolo_mamba.evaluation import (
    DetectionReport,
    ImageRecord,
    MatchedClasses,
    Predictions,
)

GOLDEN = Path(__file__).parents[1] / 'data' / 'detection_metric.json'


def record(found=(), faces=(), ignored=()):
    """Rows (x1, y1, x2, y2, score, label) and (x1, y1, x2, y2, label).

    ``ignored`` numbers the faces that are ignored.
    """
    found = np.array(found, float).reshape(-1, 6)
    faces = np.array(faces, float).reshape(-1, 5)
    return ImageRecord(
        boxes=found[:, :4],
        scores=found[:, 4],
        labels=found[:, 5].astype(int),
        gt_boxes=faces[:, :4],
        gt_labels=faces[:, 4].astype(int),
        gt_ignored=np.isin(np.arange(len(faces)), ignored),
    )


def predictions(records, class_names):
    """Records as those of images of 320 x 240 pixels."""
    return Predictions(
        tuple(class_names),
        tuple(
            replace(one, path=f'faces/{number}.jpg', width=320, height=240)
            for number, one in enumerate(records)
        ),
    )


def matched_of(records, class_names, iou_thr=0.5):
    """The matching of a test of these images."""
    return MatchedClasses.of(predictions(records, class_names), iou_thr)


def report_of(records, class_names, score_thr=0.5):
    """The report of a test of these images."""
    return DetectionReport.of(matched_of(records, class_names), score_thr)


def golden_predictions():
    """The golden images as a test run would have dumped them."""
    golden = json.loads(GOLDEN.read_text())
    return predictions(
        [record(image['det'], image['gt']) for image in golden['images']],
        golden['classes'],
    )


# Few coordinates and scores, so that ties of every kind are common.
_coordinate = st.integers(0, 3).map(lambda value: 4.0 * value)
_box = st.tuples(_coordinate, _coordinate, _coordinate, _coordinate).map(
    lambda b: (b[0], b[1], b[0] + b[2] + 4, b[1] + b[3] + 4)
)
_label = st.integers(0, 2)
_found = st.tuples(_box, st.sampled_from([0.2, 0.5, 0.9]), _label).map(
    lambda d: (*d[0], d[1], d[2])
)
_face = st.tuples(_box, _label).map(lambda f: (*f[0], f[1]))

#: Up to three images of classes 0 to 2; the first face may be ignored.
records = st.lists(
    st.builds(
        record,
        st.lists(_found, max_size=6),
        st.lists(_face, max_size=4),
        st.sampled_from([(), (0,)]),
    ),
    max_size=3,
)
