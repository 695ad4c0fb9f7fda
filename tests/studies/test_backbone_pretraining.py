"""A backbone trained on a few tiny crops, and the detector that it starts."""

import re
from itertools import count

import pytest
import torch
from mmyolo.registry import MODELS
from voc_sets import add_split

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.engine.checkpoints import read_checkpoint
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies import backbone_pretraining
from fer_yolo_mamba.studies.averaged_detector import AveragedDetector
from fer_yolo_mamba.studies.backbone_pretraining import (
    accuracy,
    pretrain_backbone,
)
from fer_yolo_mamba.studies.crop_classifier import (
    ClassifierTraining,
    CropClassifier,
)

TOOL = 'analysis/pretrain_backbone'
CPU = torch.device('cpu')


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


@pytest.fixture(scope='module')
def crops_config(tmp_path_factory, repository):
    """A config: a sixteenth of the width, crops of three expressions."""
    folder = tmp_path_factory.mktemp('crops')
    crops = [
        [VOCObject(name, (2, 2, 22, 22))] for name in ('Happy', 'Sad', 'Fear')
    ]
    add_split(folder, 'train', *crops, side=24)
    add_split(folder, 'val', *crops[:2], side=24)
    add_split(folder, 'no_face', [], side=24)
    path = folder / 'narrow_crops.py'
    path.write_text(
        f"""
_base_ = {str(repository / 'configs/fer_yolo_mamba_faces.py')!r}
width = dict(widen_factor=0.0625)
model = dict(
    backbone=width, neck=width, bbox_head=dict(head_module=width)
)
def voc(split):
    return dict(
        type='FERVOCDataset',
        data_root={str(folder)!r},
        ann_file=f'ImageSets/Main/{{split}}.txt',
    )
def mixture(split):
    return dict(
        _delete_=True,
        type='FaceMixture',
        sources=[
            dict(type='Photographs', share=1.0, dataset=voc(split)),
            dict(
                type='PastedFaces',
                share=1.0,
                crops=dict(dataset=voc(split)),
                backgrounds=dict(dataset=voc('no_face')),
            ),
        ],
    )
train_dataloader = dict(dataset=mixture('train'))
val_dataloader = dict(dataset=mixture('val'))
"""
    )
    return path


@pytest.fixture
def config(crops_config):
    return load_config(crops_config)


def test_the_files_start_the_detector_and_only_the_backbone_differs(
    config, tmp_path, monkeypatch
):
    monkeypatch.setattr(backbone_pretraining, 'monotonic', count(1.0).__next__)
    trained = []

    def training_of(*arguments):
        trained.append(ClassifierTraining(*arguments))
        return trained[0]

    monkeypatch.setattr(backbone_pretraining, 'ClassifierTraining', training_of)
    lines = []
    paths = pretrain_backbone(config, tmp_path, 8, 5000, lines.append)
    assert [path.name for path in paths] == ['narrow_crops_backbone_1of1.pth']
    fresh = AveragedDetector(config, 'abcdefg', CPU, ()).model.state_dict()
    begun = AveragedDetector(config, 'abcdefg', CPU, paths).model.state_dict()
    differ = {
        name.partition('.')[0]
        for name, value in fresh.items()
        # The files are in half precision.
        if not torch.equal(begun[name].half(), value.half())
    }
    assert differ == {'backbone'}
    for name, value in trained[0].average.backbone.state_dict().items():
        written = begun[f'backbone.{name}']
        assert torch.equal(written.half(), value.half())
    meta = read_checkpoint(paths[0])['meta']
    assert meta['dataset_meta']['classes'][3] == 'Happy'

    assert (
        tmp_path / 'narrow_crops_backbone.log'
    ).read_text().splitlines() == (lines)
    assert '3 crops;' in lines[0]
    assert re.search(r'step 1, .* faces/s, loss \d', lines[1])
    sizes = [re.search(r'2 crops of .* (\d+) px: .* right', x) for x in lines]
    assert [found[1] for found in sizes if found] == ['48', '64', '96', '192']


def test_without_crops_of_validation_there_is_none(
    config, tmp_path, monkeypatch
):
    monkeypatch.setattr(backbone_pretraining, 'monotonic', count(1.0).__next__)
    config.val_dataloader = None
    lines = []
    pretrain_backbone(config, tmp_path, 5, 5000, lines.append)
    assert 'written' in lines[-1]


def test_it_learns(config):
    torch.manual_seed(0)
    classifier = CropClassifier(MODELS.build(config.model), 3)
    training = ClassifierTraining(classifier, 0.01)
    for layer in classifier.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1  # an average would lag in so few steps
    crops = torch.randint(0, 256, (3, 32, 32)).byte()
    pictures = crops[:, None].float().expand(-1, 3, -1, -1)
    losses = [
        float(training.step(pictures, torch.eye(3), 1.0, step))
        for step in range(40)
    ]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])
    classifier.eval()
    right = accuracy(classifier, crops, torch.arange(3), 32)
    assert len(right) == 4
    # By chance a third; which are right differs with a processor's rounding.
    assert right[-1] > 0.5


def test_a_gradient_that_is_not_finite_changes_no_weight(config):
    classifier = CropClassifier(MODELS.build(config.model), 3)
    training = ClassifierTraining(classifier, 0.01)
    before = [value.clone() for value in classifier.parameters()]
    pictures = torch.full((2, 3, 32, 32), torch.inf)
    training.step(pictures, torch.eye(3)[:2], 1.0, 0)
    for value, old in zip(classifier.parameters(), before, strict=True):
        assert torch.equal(value, old)


def test_no_time_for_a_step(config, tmp_path, monkeypatch):
    monkeypatch.setattr(
        backbone_pretraining, 'monotonic', count(5.0, 5.0).__next__
    )
    with pytest.raises(InputError, match=r'no time left.*give more seconds'):
        pretrain_backbone(config, tmp_path, 4, 5000, str)


def test_a_config_without_pasted_faces(narrow_config, refusal, tmp_path):
    said = refusal(TOOL, narrow_config, '--seconds', 5, '--out', tmp_path)
    assert 'narrow.py trains on no pasted crops of faces' in said
