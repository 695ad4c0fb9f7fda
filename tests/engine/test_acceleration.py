"""What makes a training faster gives the same, and can be had everywhere."""

import copy
from types import SimpleNamespace

import pytest
import torch
import torch.nn as nn
from mmdet.models.layers import ExpMomentumEMA
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmyolo.datasets import yolov5_collate
from mmyolo.registry import HOOKS, MODELS, OPTIM_WRAPPERS

from fer_yolo_mamba.engine.acceleration import (
    ForeachEMA,
    fast_autocast,
    spare_slow_convolutions,
    use_fast_defaults,
    use_mixed_precision,
)
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import log_to
from fer_yolo_mamba.studies.benchmark.networks import make_faces


def settings(**optimizer):
    return Config(dict(optim_wrapper=dict(optimizer=optimizer)))


@pytest.mark.parametrize(
    'given, fused',
    [
        (dict(type='Adam'), True),
        (dict(type='SGD', lr=1), True),
        (dict(type='Adam', fused=False), False),
        (dict(type='AdamW', foreach=True), None),
        (dict(type='RMSprop'), None),
    ],
)
def test_optimizers_are_fused_where_they_can(given, fused):
    config = settings(**given)
    use_fast_defaults(config)
    assert config.optim_wrapper.optimizer.get('fused') is fused


@pytest.mark.parametrize('deterministic', [False, True])
def test_convolutions_are_tried_on_a_gpu_alone(deterministic, monkeypatch):
    config = settings(type='Adam')
    config.randomness = dict(deterministic=deterministic)
    use_fast_defaults(config)
    assert 'env_cfg' not in config
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    use_fast_defaults(config)
    assert config.env_cfg.cudnn_benchmark is not deterministic


@pytest.mark.parametrize(
    'gpu, bf16, kind',
    [
        (False, False, 'BFloat16OptimWrapper'),
        (True, True, 'BFloat16OptimWrapper'),
        (True, False, 'AmpOptimWrapper'),
    ],
)
def test_which_type_of_16_bits(gpu, bf16, kind, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
    # All GPUs emulate it.
    monkeypatch.setattr(
        torch.cuda,
        'is_bf16_supported',
        lambda including_emulation=True: including_emulation or bf16,
    )
    config = settings(type='Adam')
    use_mixed_precision(config)
    assert config.optim_wrapper.type == kind


@pytest.mark.parametrize(
    'capabilities, dtype',
    [
        (dict(amx_bf16=True), torch.bfloat16),
        (dict(amx_bf16=False, avx512_bf16=True), torch.float32),
        (dict(), torch.float32),
    ],
)
def test_only_fast_devices_compute_in_bfloat16(
    capabilities, dtype, monkeypatch
):
    monkeypatch.setattr(
        torch.cpu, 'get_capabilities', lambda: capabilities, raising=False
    )
    layer = nn.Linear(3, 2)
    with fast_autocast(torch.device('cpu')):
        assert layer(torch.randn(4, 3)).dtype == dtype


def test_earlier_versions_of_pytorch_do_not_tell(monkeypatch):
    monkeypatch.delattr(torch.cpu, 'get_capabilities', raising=False)
    with fast_autocast(torch.device('cpu')):
        assert not torch.is_autocast_enabled('cpu')


@pytest.mark.parametrize(
    ('settings', 'is_spared'),
    [
        (dict(kernel_size=5, groups=4), True),
        (dict(kernel_size=3, groups=4, stride=2), True),
        (dict(kernel_size=3, groups=4), False),
        (dict(kernel_size=5), False),
    ],
)
def test_slow_convolutions_compute_in_single_precision(settings, is_spared):
    torch.manual_seed(0)
    conv, x = nn.Conv2d(4, 4, **settings), torch.rand(1, 4, 9, 9).bfloat16()
    expected = conv(x.float()).bfloat16()
    spare_slow_convolutions(nn.Sequential(conv))
    with torch.autocast('cpu', torch.bfloat16):
        y = conv(x)
    assert y.dtype == torch.bfloat16
    assert torch.equal(y, expected) is is_spared


def test_a_step_in_bfloat16(narrow_config):
    with DefaultScope.overwrite_default_scope('mmyolo'):
        torch.manual_seed(0)
        model = MODELS.build(load_config(narrow_config).model).train()
    steps = OPTIM_WRAPPERS.build(
        dict(
            type='BFloat16OptimWrapper',
            optimizer=torch.optim.Adam(model.parameters(), fused=True),
        )
    )
    seen = []
    scan = model.neck.top_down_layers[1].oss.ss.in_proj
    scan.register_forward_hook(lambda *call: seen.append(call[-1].dtype))
    pictures = yolov5_collate(make_faces(2, 64))
    losses = model.train_step(pictures, steps)
    assert seen == [torch.bfloat16]
    assert all(loss.isfinite() for loss in losses.values())
    for value in (*model.parameters(), *model.buffers()):
        assert value.dtype in (torch.float32, torch.int64)
        assert value.isfinite().all()


@pytest.mark.parametrize('update_buffers', [True, False])
@pytest.mark.parametrize('interval', [1, 2])
def test_the_average_is_that_of_mmdet(interval, update_buffers):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    options = dict(interval=interval, update_buffers=update_buffers)
    theirs = ExpMomentumEMA(model, **options)
    ours = ForeachEMA(copy.deepcopy(model), **options)
    for _ in range(5):
        model(torch.randn(4, 3))
        for value in model.parameters():
            value.data.add_(torch.randn_like(value))
        theirs.update_parameters(model)
        ours.update_parameters(model)
    expected, found = theirs.state_dict(), ours.state_dict()
    assert list(expected) == list(found)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=name)


def test_an_average_follows_weights_that_are_loaded_and_another_model():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    options = dict(momentum=0.5, update_buffers=True)
    theirs = ExpMomentumEMA(model, **options)
    ours = ForeachEMA(copy.deepcopy(model), **options)
    other = copy.deepcopy(model)
    for source in (model, model, other, model):
        weights = {
            name: torch.rand_like(value) if value.is_floating_point() else value
            for name, value in model.state_dict().items()
        }
        source.load_state_dict(weights)
        theirs.update_parameters(source)
        ours.update_parameters(source)
    torch.testing.assert_close(dict(ours.state_dict()), theirs.state_dict())


def test_compiled_parts_give_the_same_gradients(narrow_config):
    with DefaultScope.overwrite_default_scope('mmyolo'):
        torch.manual_seed(0)
        model = MODELS.build(load_config(narrow_config).model).train()
    neck = copy.deepcopy(model.neck)
    compiled = []

    def count(graph, inputs):
        compiled.append(graph)
        return graph.forward

    runner = SimpleNamespace(model=model)
    names = list(model.state_dict())
    HOOKS.build(
        dict(type='CompileHook', parts=['neck', 'mask_head'], backend=count)
    ).before_train(runner)
    assert list(model.state_dict()) == names
    maps = [torch.randn(2, 32 << i, 8 >> i, 8 >> i) for i in range(3)]
    expected, found = neck(maps), model.neck(maps)
    assert compiled
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    for outputs in (expected, found):
        sum((y**2).sum() for y in outputs).backward()
    for (name, ours), theirs in zip(
        model.neck.named_parameters(), neck.parameters(), strict=True
    ):
        torch.testing.assert_close(
            ours.grad, theirs.grad, rtol=1e-3, atol=1e-3, msg=name
        )


@pytest.mark.parametrize('name', ['TensorboardVisBackend', 'WandbVisBackend'])
def test_another_backend_is_logged_to_once(name, narrow_config):
    config = load_config(narrow_config)
    before = [each['type'] for each in config.visualizer.vis_backends]
    log_to(config, name)
    log_to(config, name)
    after = [each['type'] for each in config.visualizer.vis_backends]
    assert after == [*before, name]
