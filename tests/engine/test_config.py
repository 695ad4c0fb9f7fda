"""Finding a config; test pipelines taken apart, and views made of them."""

from math import inf, nan

import pytest
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmyolo.registry import DATASETS

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine import config as engine_config
from fer_yolo_mamba.engine.config import (
    find_config,
    load_config,
    require_parts,
    use_test_time_augmentation,
)
from fer_yolo_mamba.errors import InputError


@pytest.fixture
def config(repository):
    return load_config(repository / 'configs/baselines/yolox_s_demo.py')


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp('drawn')
    make_demo_set(folder, dict(train=1, val=1, test=2), size=96)
    return folder


def test_views_are_the_image_and_its_mirror_image_at_each_size(config, drawn):
    use_test_time_augmentation(config, (1.0, 1.25))
    dataset = config.test_dataloader.dataset
    dataset.data_root = f'{drawn}/'
    init_default_scope('mmyolo')
    views = DATASETS.build(dataset)[0]
    shapes = [tuple(image.shape) for image in views['inputs']]
    # 160 and 200, rounded to a multiple of 32.
    assert shapes == [(3, 160, 160)] * 2 + [(3, 192, 192)] * 2
    plain, mirrored = views['inputs'][:2]
    assert mirrored.equal(plain.flip(2))
    samples = views['data_samples']
    assert [sample.flip for sample in samples] == [False, True] * 2
    for sample in samples:
        # The ground truth is that of the original image in all of them.
        assert sample.gt_instances.bboxes.tensor.equal(
            samples[0].gt_instances.bboxes.tensor
        )
        assert sample.ori_shape == (96, 96)


@pytest.mark.parametrize('side', ['300', '512'])
def test_an_input_of_its_own_stays_as_it_is(config, side):
    size = (int(side), int(side))
    for step in config.test_dataloader.dataset.pipeline:
        if 'scale' in step:
            step['scale'] = size
    use_test_time_augmentation(config, (1.0, 0.5))
    (_, augment) = config.test_dataloader.dataset.pipeline
    first, second = (view['scale'] for view in augment['transforms'][0])
    assert first == size
    assert second == {'300': (160, 160), '512': (256, 256)}[side]


def test_the_average_of_the_weights_is_not_looked_for(config):
    assert any(hook['type'] == 'EMAHook' for hook in config.custom_hooks)
    use_test_time_augmentation(config)
    assert all(hook['type'] != 'EMAHook' for hook in config.custom_hooks)


def test_a_config_without_hooks_has_views_too(config):
    config.custom_hooks = None
    use_test_time_augmentation(config)
    assert config.custom_hooks == []


@pytest.mark.parametrize(
    'scales', [(), (0.0,), (1.0, -1.0), (1.0, nan), (inf,)]
)
def test_sizes_that_make_no_sense(config, scales):
    with pytest.raises(InputError, match='--tta'):
        use_test_time_augmentation(config, scales)


@pytest.mark.parametrize('resizes', [0, 2])
def test_a_pipeline_that_does_not_resize_once(config, resizes):
    resize = ConfigDict(type='mmdet.Resize', scale=(160, 160))
    dataset = config.test_dataloader.dataset
    load, _, *rest = dataset.pipeline
    dataset.pipeline = [load, *[resize] * resizes, *rest]
    with pytest.raises(InputError, match=f'{resizes} transforms with a scale'):
        use_test_time_augmentation(config)


@pytest.mark.parametrize(
    ('name', 'size'),
    [('fer_yolo_mamba_rafdb', (320, 320)), ('fer_yolo_mamba_demo', (160, 160))],
)
def test_the_size_of_a_config(name, size, repository):
    config = load_config(repository / f'configs/{name}.py')
    assert engine_config.TestPipeline.of(config).size == size


def test_height_comes_before_width(config):
    dataset = config.test_dataloader.dataset
    dataset.pipeline = [dict(scale=(640, 96))]
    assert engine_config.TestPipeline.of(config).size == (96, 640)


def test_training_resizes_the_boxes_too(config):
    pipeline = engine_config.TestPipeline.of(config).with_boxes_resized()
    types = [step['type'].removeprefix('mmdet.') for step in pipeline]
    assert types == [
        'LoadImageFromFile',
        'LoadAnnotations',
        'Resize',
        'Pad',
        'PackDetInputs',
    ]


def test_a_config_is_found_from_any_folder(repository, tmp_path, monkeypatch):
    # The package may be installed elsewhere.
    monkeypatch.setattr(engine_config, '_CHECKOUT', repository)
    monkeypatch.chdir(tmp_path)
    name = 'configs/fer_yolo_mamba_demo.py'
    assert find_config(name) == repository / name
    (tmp_path / 'configs').mkdir()
    (tmp_path / name).touch()
    assert find_config(name).absolute() == tmp_path / name


@pytest.mark.parametrize(
    'name',
    [
        *('optim_wrapper', 'default_hooks', 'env_cfg', 'randomness'),
        *('auto_scale_lr', 'custom_imports'),
    ],
)
def test_a_part_that_is_none_is_not_there(name, repository):
    config = load_config(
        repository / 'configs/fer_yolo_mamba_demo.py', {name: None}
    )
    assert name not in config
    with pytest.raises(InputError, match=f'{name} is None: give'):
        require_parts(config, 'model', name)


def test_a_pipeline_is_looked_for_in_vain(config):
    config.test_dataloader = None
    with pytest.raises(InputError, match='test_dataloader is None: give'):
        engine_config.TestPipeline.of(config)


@pytest.mark.parametrize(
    ('checkout', 'remedy'),
    [(None, 'are in {repository}/configs'), ('elsewhere', 'in a checkout of')],
)
def test_a_config_that_is_nowhere(
    checkout, remedy, repository, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    where = tmp_path / checkout if checkout else repository
    monkeypatch.setattr(engine_config, '_CHECKOUT', where)
    name = 'configs/fer_yolo_mamba_demoo.py'
    with pytest.raises(InputError) as refused:
        load_config(name)
    assert name in str(refused.value)
    assert remedy.format(repository=repository) in str(refused.value)
