"""Rows of the table of methods: the same batches for all, and again."""

import json
from unittest.mock import patch

import numpy as np
import pytest
import torch
from mmyolo.registry import MODELS

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies import kept_training, scenes_training
from fer_yolo_mamba.studies.averaged_detector import AveragedDetector
from fer_yolo_mamba.studies.kept_training import UNFINISHED
from fer_yolo_mamba.studies.method_rows import MethodRow
from fer_yolo_mamba.studies.scene_batches import Scenes
from fer_yolo_mamba.studies.scenes_training import Schedule, train_on_scenes


@pytest.fixture(scope='module')
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp('scenes')
    make_demo_set(folder, dict(train=3, val=1, test=2), size=96)
    return folder


def test_the_rate_follows_the_steps_or_a_clock():
    assert Schedule(10).part(5) == 0.5
    slow_at_first = Schedule(10, clock=[[2, 0.6]])
    assert slow_at_first.part(1) == pytest.approx(0.3)
    assert slow_at_first.part(6) == pytest.approx(0.8)
    assert slow_at_first.part(10) == 1


def test_a_training_can_be_done_again(scenes, repository, tmp_path):
    path = repository / 'configs/baselines/centernet_demo.py'
    results = [
        train_on_scenes(
            load_config(path), scenes, tmp_path, Schedule(2, batch=2), seed
        )
        for seed in (0, 0, 1)
    ]
    assert [result.pictures for result in results] == [3, 3, 3]
    first, again, other = (scores_of(result) for result in results)
    assert np.isfinite(first).all()
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    faces = Scenes(scenes, 'test').faces
    for image, rows in zip(results[0].predictions.images, faces, strict=True):
        assert np.array_equal(image.gt_boxes, rows[:, 1:])


class Killed(Exception):
    """What a process that is killed leaves is there when this is raised."""


def scores_of(trained):
    return np.concatenate([x.scores for x in trained.predictions.images])


def test_a_killed_training_goes_on_as_if_it_had_not_been(
    scenes, repository, tmp_path, monkeypatch
):
    monkeypatch.setattr(kept_training, '_SECONDS_BETWEEN', 0)
    path = repository / 'configs/baselines/centernet_demo.py'
    schedule = Schedule(3, batch=2)

    def train(folder, seed=0, killed_after=None):
        steps = []

        def note(step, _):
            steps.append(step)
            if step == killed_after:
                raise Killed

        config = load_config(path)
        out = tmp_path / folder
        return steps, train_on_scenes(
            config, scenes, out, schedule, seed, progress=note
        )

    with pytest.raises(Killed):
        train('killed', killed_after=1)
    with pytest.raises(InputError, match='training with another seed: name'):
        train('killed', seed=1)
    steps, resumed = train('killed')
    assert steps == [2, 3]
    _, whole = train('whole')
    assert np.array_equal(scores_of(resumed), scores_of(whole))


def test_a_file_of_something_else_is_refused(scenes, narrow_config, tmp_path):
    torch.save(dict(state_dict={}), tmp_path / UNFINISHED)
    with pytest.raises(InputError, match='no unfinished training: name anoth'):
        train_on_scenes(
            load_config(narrow_config), scenes, tmp_path, Schedule(1, 2)
        )


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


def test_a_training_is_kept_until_its_results_are_written(
    scenes, narrow_config, call_tool, tmp_path, monkeypatch
):
    monkeypatch.setattr(kept_training, '_SECONDS_BETWEEN', 0)

    def train():
        call_tool(
            *('analysis/train_on_scenes', narrow_config, '--scenes', scenes),
            *('--batch', '2', '--steps', '1', '--out', tmp_path),
        )

    (tmp_path / 'training.json').mkdir()
    with pytest.raises(SystemExit):
        train()
    assert (tmp_path / 'predictions.json').is_file()
    assert torch.load(tmp_path / UNFINISHED)['steps'] == 1
    (tmp_path / 'training.json').rmdir()
    train()
    assert (tmp_path / 'training.json').is_file()
    assert not (tmp_path / UNFINISHED).exists()


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
            config,
            scenes,
            tmp_path,
            Schedule(2, 2),
            backbone=tmp_path / 'taught.pth',
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
            tmp_path,
            Schedule(1, 2),
            0,
            tmp_path / 'taught.pth',
        )
