"""Every config of a data set trains, validates and saves; on equal terms."""

import copy
import functools
import math
from pathlib import Path

import pytest

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.config_names import READ_NAMES, unread_names
from fer_yolo_mamba.engine.runner import build_runner

CONFIGS = Path(__file__).parents[2] / 'configs'
ALL = sorted(
    path for path in CONFIGS.rglob('*.py') if '_base_' not in path.parts
)
# But for those for real faces, which compose their pictures:
# test_faces_configs.py.
PATHS = [path for path in ALL if '_faces' not in path.stem]
BASELINES = (
    *('centernet', 'efficientdet_d0', 'retinanet', 'ssd', 'yolov3'),
    *('yolov4', 'yolov5_s', 'yolov7', 'yolov8_s', 'yolox_s'),
)
# Sides of the pictures in these tests: the smallest that a network can take.
SIDES = {'ssd': 300, 'efficientdet_d0': 128}


def name_of(path):
    return path.relative_to(CONFIGS).with_suffix('').as_posix()


def method_of(path):
    return path.stem.rsplit('_', 1)[0]


read_once = functools.cache(load_config)


def read(path):
    """A copy of a config, to change."""
    return copy.deepcopy(read_once(path))


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp('faces')
    make_demo_set(folder, dict(train=2, val=2, test=2), size=64)
    return folder


def dicts_in(value):
    """All dictionaries in a tree of dictionaries and lists."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from dicts_in(item)


def set_side(config, side):
    """Gives all pictures another size."""
    for part in dicts_in(config._cfg_dict):
        for key in {'img_scale', 'scale'} & set(part):
            part[key] = (side, side)
        if 'border' in part:
            part['border'] = (-side // 2, -side // 2)


def make_small(config, faces, side):
    """Two epochs of one batch of two small pictures; nothing is loaded."""
    set_side(config, side)
    for loader in (
        config.train_dataloader,
        config.val_dataloader,
        config.test_dataloader,
    ):
        loader.update(batch_size=2, num_workers=0)
        loader.dataset.data_root = f'{faces}/'
    config.model.backbone.init_cfg = None
    # The first epoch with mosaic, the second without.
    config.custom_hooks[0].num_last_epochs = 1
    config.train_cfg.update(max_epochs=2, val_interval=2)
    config.default_hooks.checkpoint.update(interval=2, save_optimizer=False)


# Whose networks for drawn faces are narrower.
NARROWER = ('fer_yolo_mamba', 'yolov5_s', 'yolov8_s', 'yolox_s')
TRAINED = [
    path
    for path in PATHS
    if path.stem.endswith('_rafdb')
    or path.stem in [f'{method}_demo' for method in NARROWER]
]
LIKE_RAFDB = [path for path in PATHS if path not in TRAINED]


@pytest.mark.parametrize('path', LIKE_RAFDB, ids=name_of)
def test_config_of_other_data_is_that_of_rafdb(path, faces):
    """And trains therefore, as the test after this shows of the other."""
    other = path.with_stem(f'{method_of(path)}_rafdb')
    small = [read(each) for each in (path, other)]
    for config in small:
        make_small(config, faces, SIDES.get(method_of(path), 64))
        config.work_dir = 'same'
        config.train_cfg.pop('dynamic_intervals', None)
        for loader in (config.val_dataloader, config.test_dataloader):
            del loader.dataset['ann_file']
        if path.stem.endswith('_demo'):
            # The mode switch gives both the same from the second epoch on.
            del config.train_dataloader.dataset['pipeline']
            # A short training has its own rates.
            config.pop('param_scheduler')
            del config.optim_wrapper.optimizer['lr']
            del config.default_hooks.logger['interval']
    assert small[0]._cfg_dict == small[1]._cfg_dict


@pytest.mark.parametrize('path', TRAINED, ids=name_of)
def test_config_trains_validates_and_saves(path, faces, tmp_path):
    config = read(path)
    config.work_dir = str(tmp_path)
    make_small(config, faces, SIDES.get(method_of(path), 64))
    runner = build_runner(config)
    runner.train()
    assert runner.iter == 2
    assert 0 <= runner.message_hub.get_scalar('val/fer/mAP').current() <= 1
    checkpoint = tmp_path / 'epoch_2.pth'
    assert checkpoint.exists()
    checkpoint.unlink()  # up to 250 MB

    batch = next(iter(runner.train_dataloader))
    runner.model.train()

    def step():
        outputs = runner.model.train_step(batch, runner.optim_wrapper)
        return outputs['loss'].item()

    losses = [step(), step()]
    # Where the number of positives is still moving, it takes a few more.
    while losses[-1] >= losses[0] and len(losses) < 20:
        losses.append(step())
    assert all(map(math.isfinite, losses))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize('method', BASELINES)
@pytest.mark.parametrize('data', ['rafdb', 'sfew', 'demo'])
def test_baseline_is_a_small_file(method, data):
    assert (CONFIGS / f'baselines/{method}_{data}.py').stat().st_size <= 1024


SHARED = (
    *('val_evaluator', 'test_evaluator', 'optim_wrapper', 'param_scheduler'),
    *('randomness', 'default_scope'),
)


@pytest.mark.parametrize('data', ['rafdb', 'sfew', 'demo'])
@pytest.mark.parametrize('method', BASELINES)
def test_baseline_is_on_equal_terms(method, data):
    ours = read(CONFIGS / f'fer_yolo_mamba_{data}.py')
    baseline = read(CONFIGS / f'baselines/{method}_{data}.py')
    for config in (ours, baseline):
        set_side(config, 320)  # some methods fix another
    for key in SHARED:
        assert baseline[key] == ours[key], key
    for key in ('max_epochs', 'val_interval', 'dynamic_intervals'):
        assert baseline.train_cfg[key] == ours.train_cfg[key]
    for key in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        expected, found = dict(ours[key]), dict(baseline[key])
        # How the training pictures are batched is the library's affair.
        expected.pop('collate_fn', None)
        found.pop('collate_fn', None)
        if (data, key) == ('demo', 'train_dataloader'):
            # The mode switch, compared below, replaces it from the start.
            expected['dataset'].pop('pipeline')
            found['dataset'].pop('pipeline')
        assert found == expected, key
    assert baseline.custom_hooks == ours.custom_hooks


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_nothing_is_frozen_and_the_backbone_starts_from_coco(path):
    model = read_once(path).model
    init_cfg = model.backbone.init_cfg
    if path.stem.endswith('_demo'):
        assert init_cfg is None
    else:
        assert (init_cfg.type, init_cfg.prefix) == ('Pretrained', 'backbone.')
    assert model.backbone.get('frozen_stages', -1) == -1
    assert not model.backbone.get('norm_eval', False)
    assert model.bbox_head.get('init_cfg') is None


@pytest.mark.parametrize('path', ALL, ids=name_of)
def test_all_that_is_there_is_read(path):
    assert unread_names(path) == []
    config = read_once(path)
    assert set(config) <= READ_NAMES
    for inert in ('data/coco', 'num_classes=80', 'tta_model', '_url ='):
        assert inert not in str(config._cfg_dict)


def test_every_baseline_has_three_configs():
    found = {path.stem for path in PATHS if path.parent.name == 'baselines'}
    assert found == {
        f'{method}_{data}'
        for method in BASELINES
        for data in ('rafdb', 'sfew', 'demo')
    }


def test_pictures_of_the_methods_own_sizes():
    for name, side in (('ssd', 300), ('efficientdet_d0', 512)):
        config = read_once(CONFIGS / f'baselines/{name}_rafdb.py')
        resize = config.test_dataloader.dataset.pipeline[1]
        assert resize.scale == (side, side)
