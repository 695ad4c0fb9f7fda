"""Learning 16 drawn faces by heart."""

from collections import Counter

import pytest

from fer_yolo_mamba.datasets import read_voc_xml
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.overfit import Training, overfit, write_overfit_set


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp('faces')
    write_overfit_set(folder, size=64)
    return folder


def test_sixteen_pictures_with_a_face_each(faces):
    annotations = [
        read_voc_xml(path).objects
        for path in sorted((faces / 'Annotations').glob('*.xml'))
    ]
    assert [len(objects) for objects in annotations] == [1] * 16
    counts = Counter(objects[0].name for objects in annotations)
    assert sorted(counts.values()) == [2, 2, 2, 2, 2, 3, 3]
    assert len(list((faces / 'JPEGImages').iterdir())) == 16


@pytest.mark.parametrize('rounds, batch', [(0, 4), (2, 0)])
def test_nothing_to_train_on(faces, repository, tmp_path, rounds, batch):
    config = load_config(repository / 'configs/baselines/yolox_s_demo.py')
    with pytest.raises(InputError, match='at least one'):
        overfit(config, faces, tmp_path, Training(rounds, batch))


def test_trains_on_what_it_is_tested_on(faces, repository, tmp_path):
    config = load_config(repository / 'configs/baselines/yolox_s_demo.py')
    for transform in config.test_dataloader.dataset.pipeline:
        if 'scale' in transform:
            transform['scale'] = (64, 64)
    training = Training(rounds=1, batch=8, bn_momentum=0.1)
    result = overfit(config, faces, tmp_path, training)
    assert (result.config, result.steps) == ('yolox_s_demo', 20)
    assert 0 <= result.mean_ap <= 1
    assert not result.has_learnt  # not after so few steps

    train, test = config.train_dataloader.dataset, config.test_dataloader
    assert train.dataset.data_root == test.dataset.data_root
    pipeline = [transform['type'] for transform in train.dataset.pipeline]
    assert pipeline == [
        'LoadImageFromFile',
        'LoadAnnotations',
        'mmdet.Resize',
        'mmdet.Pad',
        'mmdet.PackDetInputs',
    ]
