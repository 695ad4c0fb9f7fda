"""Rows of the table of methods: the same batches for all, and again."""

import json
from itertools import islice
from unittest.mock import patch

import numpy as np
import pytest
import torch
from mmyolo.registry import MODELS

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies import scenes_training
from fer_yolo_mamba.studies.averaged_detector import AveragedDetector
from fer_yolo_mamba.studies.method_rows import MethodRow
from fer_yolo_mamba.studies.scenes_training import (
    Scenes,
    Schedule,
    draw_batches,
    train_on_scenes,
)


@pytest.fixture(scope='module')
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp('scenes')
    make_demo_set(folder, dict(train=3, val=1, test=2), size=96)
    return folder


def test_batches_are_passes_that_follow_from_the_seed():
    first, again, other = (
        list(islice(draw_batches(5, 4, seed), 5)) for seed in (1, 1, 2)
    )
    seen = np.concatenate([batch.pictures for batch in first])
    for one_pass in seen.reshape(4, 5):
        assert sorted(one_pass) == [0, 1, 2, 3, 4]
    for name in ('pictures', 'mirrored', 'gain', 'offset'):
        drawn = [
            np.concatenate([getattr(batch, name) for batch in batches])
            for batches in (first, again, other)
        ]
        assert (drawn[0] == drawn[1]).all()
        assert (drawn[0] != drawn[2]).any()


def test_the_rate_follows_the_steps_or_a_clock():
    assert Schedule(10).part(5) == 0.5
    slow_at_first = Schedule(10, clock=[[2, 0.6]])
    assert slow_at_first.part(1) == pytest.approx(0.3)
    assert slow_at_first.part(6) == pytest.approx(0.8)
    assert slow_at_first.part(10) == 1


def test_a_training_can_be_done_again(scenes, repository):
    path = repository / 'configs/baselines/centernet_demo.py'
    results = [
        train_on_scenes(load_config(path), scenes, Schedule(2, batch=2), seed)
        for seed in (0, 0, 1)
    ]
    assert [result.pictures for result in results] == [3, 3, 3]
    first, again, other = (
        np.concatenate([image.scores for image in result.predictions.images])
        for result in results
    )
    assert np.isfinite(first).all()
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    faces = Scenes(scenes, 'test').faces
    for image, rows in zip(results[0].predictions.images, faces, strict=True):
        assert np.array_equal(image.gt_boxes, rows[:, 1:])


def test_the_tool_leaves_what_a_row_is_made_of(
    scenes, narrow_config, call_tool, tmp_path, capsys
):
    arguments = [narrow_config, '--scenes', scenes, '--batch', '2']
    call_tool(
        'analysis/train_on_scenes',
        *(*arguments, '--steps', '3', '--method', 'Ours', '--out', tmp_path),
    )
    call_tool(
        'analysis/method_table',
        *('measure', tmp_path / 'predictions.json', '--resamples', '10'),
        *('--training', tmp_path / 'training.json'),
        *('--out', tmp_path / 'row.json'),
    )
    row = MethodRow.read(tmp_path / 'row.json')
    assert row.training.method == 'Ours'
    assert (row.training.steps, row.training.epochs) == (3, 2.0)
    # Its clock can be followed again.
    facts = json.loads((tmp_path / 'row.json').read_text())
    facts['training']['clock'] = [[1, 0.9]]
    (tmp_path / 'row.json').write_text(json.dumps(facts))
    call_tool(
        'analysis/train_on_scenes',
        *(*arguments, '--steps', '1', '--clock', tmp_path / 'row.json'),
        *('--out', tmp_path / 'again'),
    )
    assert (
        json.loads((tmp_path / 'again/training.json').read_text())['clock']
        == facts['training']['clock']
    )


def test_a_kept_backbone_gives_the_features_alone(
    scenes, narrow_config, call_tool, tmp_path, repository
):
    config = load_config(narrow_config)
    torch.manual_seed(7)
    taught = MODELS.build(config.model)
    torch.save(dict(state_dict=taught.state_dict()), tmp_path / 'taught.pth')

    class Kept(AveragedDetector):
        made = []

        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            self.made.append(self)

    with patch(f'{scenes_training.__name__}.AveragedDetector', Kept):
        train_on_scenes(
            config, scenes, Schedule(2, 2), backbone=tmp_path / 'taught.pth'
        )
    (detector,) = Kept.made
    wanted = taught.state_dict()
    for network in (detector.model, detector.averaged):
        is_as_before = {
            name: torch.equal(value, wanted[name])
            for name, value in network.state_dict().items()
            if value.is_floating_point()
        }
        kept = [n for n in is_as_before if n.startswith('backbone.')]
        assert all(is_as_before[name] for name in kept)
        learnt = [n for n in is_as_before if n.endswith('conv.weight')]
        assert not any(is_as_before[n] for n in set(learnt) - set(kept))

    other = repository / 'configs/baselines/centernet_demo.py'
    with pytest.raises(InputError, match='does not fit'):
        train_on_scenes(
            load_config(other),
            scenes,
            Schedule(1, 2),
            0,
            tmp_path / 'taught.pth',
        )
