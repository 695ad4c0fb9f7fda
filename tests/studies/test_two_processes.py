"""Two processes of half a batch learn what one process of a whole one does."""

import fer_yolo_mamba  # noqa: F401  before mmdet, also where a process starts

# isort: split
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.studies.two_processes import (
    compare_processes,
    greatest_difference,
    in_double_precision,
)

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason='the processes of this test share a CPU'
)


class NormsToo(Hook):
    """Has a norm's statistics compared."""

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ):
        names = runner.model.state_dict().items()
        variances = [x for name, x in names if name.endswith('running_var')]
        outputs['running_var'] = variances[0].sum()


def first_in_double_precision(config: Config) -> list[Hook]:
    if Path(config.work_dir).parent.name != 'narrow':
        return []
    return [*in_double_precision(config), NormsToo()]


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp('drawn')
    make_demo_set(folder, dict(train=8, val=1, test=1), size=96)
    return folder


@pytest.fixture
def load(faces, tmp_path):
    """A config on the faces."""

    def load(path):
        options = {
            'train_dataloader.dataset.data_root': f'{faces}/',
            'val_dataloader.dataset.data_root': f'{faces}/',
        }
        return load_config(path, options, tmp_path / path.stem)

    return load


def test_losses_are_those_of_one_process(load, narrow_config, repository):
    """Ours in two steps, without rounding; two others in the first.

    YOLOv5 multiplies by the batch, CenterNet divides by its faces. What comes
    after the first step is Adam's, which moves a weight as far for a gradient
    of rounding as for any other.
    """
    folder = repository / 'configs/baselines'
    others = [folder / f'{x}_demo.py' for x in ('yolov5_s', 'centernet')]
    configs = [load(path) for path in (narrow_config, *others)]
    ours, *others = compare_processes(configs, 2, first_in_double_precision)
    for one, two in ours:
        assert two == pytest.approx(one, abs=1e-4)
    for first, _ in others:
        assert greatest_difference(*first) < 1e-4
