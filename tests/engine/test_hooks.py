"""Hooks: figures by class, the memory layout."""

import csv
import json
import logging
from collections import Counter
from types import SimpleNamespace

import torch
import torch.nn as nn
from mmengine.model import BaseModel, MMDistributedDataParallel
from mmengine.runner import Runner, get_priority
from mmengine.visualization import BaseVisBackend
from mmyolo.registry import HOOKS, VISBACKENDS
from torch.utils.data import Dataset

from fer_yolo_mamba.engine import ChannelsLastHook, PerClassF1Hook
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.hooks import _beside_best

FACE = [[10.0, 20.0, 49.0, 79.0]]


class TwoFaces(Dataset):
    metainfo = {'classes': ('Happy', 'Sad')}

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return torch.tensor(index)


class ToyDetector(BaseModel):
    """Finds the happy face, and calls the sad one sad after two epochs."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.register_buffer('epochs', torch.tensor(0))

    def forward(self, inputs, mode='tensor'):
        if mode == 'loss':
            self.epochs += 1
            return {'loss': self.weight**2}
        return [
            {
                'pred_instances': {
                    'bboxes': FACE,
                    'scores': [0.9],
                    'labels': [int(index) if self.epochs >= 2 else 0],
                },
                'gt_instances': {'bboxes': FACE, 'labels': [int(index)]},
            }
            for index in inputs
        ]

    def train_step(self, data, optim_wrapper):
        return self(data, mode='loss')

    def val_step(self, data):
        return self(data, mode='predict')

    test_step = val_step


@VISBACKENDS.register_module(force=True)
class RecordingBackend(BaseVisBackend):
    """Counts every scalar that reaches a visualisation backend."""

    def __init__(self, save_dir=None):
        super().__init__(save_dir=save_dir or '.')
        self.received = Counter()

    def _init_env(self):
        pass

    @property
    def experiment(self):
        return self

    def add_scalars(self, scalar_dict, step=0, file_path=None, **kwargs):
        self.received.update((name, step) for name in scalar_dict)


def build(folder, name, epochs=3, evaluator=None, **options):
    loader = {
        'batch_size': 2,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
        'dataset': TwoFaces(),
    }
    evaluator = evaluator or {'type': 'mmyolo.FERMetric'}
    return Runner(
        model=ToyDetector(),
        work_dir=str(folder),
        experiment_name=name,
        train_dataloader=loader,
        val_dataloader=loader,
        test_dataloader=loader,
        train_cfg={'by_epoch': True, 'max_epochs': epochs},
        val_cfg={},
        test_cfg={},
        val_evaluator=evaluator,
        test_evaluator=evaluator,
        optim_wrapper={'optimizer': {'type': 'SGD', 'lr': 0.1}},
        custom_hooks=[{'type': 'mmyolo.PerClassF1Hook'}],
        visualizer={
            'type': 'Visualizer',
            'name': name,
            'vis_backends': [{'type': 'mmyolo.RecordingBackend'}],
        },
        **options,
    )


def read(folder):
    with (folder / 'metrics.csv').open(newline='') as file:
        return list(csv.DictReader(file))


def f1_of(rows, name, split='val'):
    return [
        (row['epoch'], float(row['f1']))
        for row in rows
        if row['class'] == name and row['split'] == split
    ]


def listen(runner):
    """A list that fills with what the hook logs."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    handler.addFilter(lambda record: record.module == 'hooks')
    runner.logger.addHandler(handler)
    return lines


def test_training_resuming_and_testing_share_one_table(tmp_path):
    assert HOOKS.get('PerClassF1Hook') is PerClassF1Hook
    runner = build(tmp_path, 'f1_first')
    logged = listen(runner)
    runner.train()

    rows = read(tmp_path)
    happy = [('1', 2 / 3), ('2', 1.0), ('3', 1.0)]
    sad = [('1', 0.0), ('2', 1.0), ('3', 1.0)]
    assert f1_of(rows, 'Happy') == happy
    assert f1_of(rows, 'Sad') == sad
    assert f1_of(rows, 'average') == [('1', 1 / 3), ('2', 1.0), ('3', 1.0)]

    latest = json.loads((tmp_path / 'metrics.json').read_text())
    assert (latest['split'], latest['epoch']) == ('val', 3)
    assert latest['reports']['fer']['classes']['Sad']['f1'] == 1

    # Each class's values reach a backend once an epoch, through LoggerHook.
    (backend,) = runner.visualizer._vis_backends.values()
    for epoch in (1, 2, 3):
        assert backend.received['fer/F1/Sad', epoch] == 1
        assert backend.received['fer/AP/Happy', epoch] == 1

    assert len(logged) == 3
    assert logged[0] == (
        'F1 by class: fer/Happy 0.6667 (best 0.6667 in epoch 1), '
        'fer/Sad 0.0000 (best 0.0000 in epoch 1), '
        'fer/average 0.3333 (best 0.3333 in epoch 1)'
    )
    assert 'fer/Sad 1.0000 (best 1.0000 in epoch 2)' in logged[2]

    # Back to the end of epoch 1, as if the run had died after epoch 3.
    resumed = build(
        tmp_path,
        'f1_resumed',
        epochs=2,
        load_from=str(tmp_path / 'epoch_1.pth'),
        resume=True,
    )
    resumed.train()
    assert f1_of(read(tmp_path), 'Happy') == happy[:2]

    checkpoint = str(tmp_path / 'epoch_1.pth')
    for name in ('f1_test', 'f1_test_again'):
        build(tmp_path, name, load_from=checkpoint).test()
    rows = read(tmp_path)
    assert f1_of(rows, 'Happy') == happy[:2]
    assert f1_of(rows, 'Happy', 'test') == [('', 2 / 3)]
    latest = json.loads((tmp_path / 'metrics.json').read_text())
    assert (latest['split'], latest['epoch']) == ('test', None)


def test_an_evaluator_without_classes_is_pointed_out(tmp_path):
    runner = build(
        tmp_path,
        'f1_none',
        evaluator={
            'type': 'DumpResults',
            'out_file_path': str(tmp_path / 'results.pkl'),
        },
    )
    logged = listen(runner)
    runner.val()
    assert len(logged) == 1 and 'FERMetric' in logged[0]
    assert read(tmp_path) == []


def test_a_class_without_faces_has_no_best():
    rows = [
        dict(evaluator='x', **{'class': 'Happy'}, f1='nan', epoch='1'),
        dict(evaluator='x', **{'class': 'Sad'}, f1='0.5', epoch='1'),
    ]
    assert _beside_best(rows, rows, 'epoch') == (
        'x/Happy nan (best nan in epoch 1), x/Sad 0.5000 (best 0.5000 in '
        'epoch 1)'
    )


def make_network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))


def test_parameters_keep_their_values_and_their_identity():
    network, images = make_network(), torch.rand(2, 3, 9, 7)
    parameters, expected = list(network.parameters()), network(images)
    ChannelsLastHook().before_run(SimpleNamespace(model=network))
    output = network(images)
    assert output.is_contiguous(memory_format=torch.channels_last)
    assert not output.is_contiguous()
    torch.testing.assert_close(output, expected)
    for old, new in zip(parameters, network.parameters(), strict=True):
        assert old is new


def test_the_moving_average_comes_later(repository):
    config = load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')
    priorities = {
        hook['type']: get_priority(
            hook.get('priority') or HOOKS.get(hook['type']).priority
        )
        for hook in config.custom_hooks
    }
    assert priorities['ChannelsLastHook'] < priorities['EMAHook']


def test_a_wrapped_model_stays_as_it_is():
    class Wrapped(MMDistributedDataParallel):
        def __init__(self, module):
            nn.Module.__init__(self)
            self.module = module

    wrapped = Wrapped(make_network())
    ChannelsLastHook().before_run(SimpleNamespace(model=wrapped))
    assert wrapped.module[0].weight.is_contiguous()
