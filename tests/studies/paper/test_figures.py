"""Figs. 4 and 5, by an untrained network on drawn faces."""

import json

import numpy as np
import pytest
import torch
from mmyolo.registry import MODELS

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import config_json, load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.paper.figures import (
    draw_samples,
    overlay,
    score_map,
)
from fer_yolo_mamba.studies.paper.sources import find_finished_runs


@pytest.fixture
def run(tmp_path, runs_dir, write_run, repository):
    """A finished run of the demo's network, with checkpoint and data."""
    make_demo_set(tmp_path / 'drawn', dict(train=1, val=1, test=3), size=96)
    folder = write_run('fer_yolo_mamba_sfew')
    config = load_config(
        repository / 'configs/fer_yolo_mamba_demo.py',
        {'test_dataloader.dataset.data_root': str(tmp_path / 'drawn')},
    )
    (folder / 'resolved_config.json').write_text(config_json(config))
    # Whatever program lies there is not run.
    (folder / 'resolved_config.py').write_text('1 / 0')
    state = MODELS.build(config.model).state_dict()
    torch.save(dict(meta={}, state_dict=state), folder / 'epoch_1.pth')
    return find_finished_runs(runs_dir)['fer_yolo_mamba_sfew'][0]


def test_detections_lie_above_their_heatmaps(run):
    sheet = draw_samples(run)
    height, width, _ = sheet.shape
    assert height == 2 * 328 + 8
    assert 1 <= (width - 8) // 328 <= 7
    upper, lower = np.split(sheet[8:], 2)
    assert upper.shape == lower.shape
    assert not np.array_equal(upper, lower)


def test_a_run_without_its_checkpoint_cannot_be_drawn(run):
    (run.folder / 'epoch_1.pth').unlink()
    with pytest.raises(InputError, match=r'epoch_\*\.pth'):
        draw_samples(run)


def test_a_config_that_names_other_parts_is_refused(run):
    path = run.folder / 'resolved_config.json'
    values = json.loads(path.read_text())
    values['model']['neck'] = dict(type='os.system', command='touch touched')
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match=r'os\.system'):
        draw_samples(run)
    path.write_text('[' * 100_000)
    with pytest.raises(InputError, match='no resolved config'):
        draw_samples(run)


@pytest.fixture
def detector(run, repository):
    """Certain of everything at the left of the finest level, else of nothing.

    It stands in for one that was trained.
    """
    detector = FERDetector(
        run.folder / 'epoch_1.pth',
        config=repository / 'configs/fer_yolo_mamba_demo.py',
    )

    def network(batch):
        side = batch.shape[2]
        levels = [np.zeros((side // s, side // s, 7)) for s in (8, 16, 32)]
        levels[0][:, : side // 32] = 1
        scores = np.concatenate([level.reshape(-1, 7) for level in levels])
        return None, scores[None].astype(np.float32)

    detector.network = network
    return detector


@pytest.mark.parametrize(('height', 'width'), [(160, 80), (80, 160), (37, 53)])
def test_score_map_lies_on_the_photograph(detector, height, width):
    image = np.zeros((height, width, 3), np.uint8)
    scores = score_map(detector, image)
    assert scores.shape == (height, width)
    # A quarter of the padded square, whose side is the longer one.
    edge = max(height, width) / 4
    assert scores[:, : int(0.8 * edge)].min() > 0.9
    assert scores[:, int(1.25 * edge) :].max() < 0.1


def test_overlay_goes_from_blue_to_red():
    image = np.full((1, 2, 3), 100, np.uint8)
    ((low, high),) = overlay(image, np.array([[0.0, 1.0]]))
    assert low[0] > 100 > low[2]
    assert high[2] > 100 > high[0]
