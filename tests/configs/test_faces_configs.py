"""The configs for real faces: what they mix, and a run on tiny sets."""

import csv
import json

import numpy as np
import pytest
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS
from voc_sets import add_split

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.expressions import CONTEMPT, EXPRESSIONS

NAMES = ('fer_yolo_mamba_faces', 'fer_yolo_mamba_faces_n')
HAPPY = VOCObject('Happy', (10, 5, 40, 45))
FACE = VOCObject('face', (20, 10, 60, 50))


@pytest.fixture(params=NAMES)
def config(request, repository):
    return load_config(repository / f'configs/{request.param}.py')


def test_every_share_is_a_number_of_the_config(config):
    sources = config.train_dataloader.dataset.sources
    shares = [source.share for source in sources]
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0
    assert config.train_dataloader.dataset.type == 'FaceMixture'


def test_training_validation_and_test_share_no_face(config):
    def splits(value):
        if isinstance(value, dict):
            if 'ann_file' in value:
                yield value['data_root'] + value['ann_file']
            value = list(value.values())
        if isinstance(value, list):
            for part in value:
                yield from splits(part)

    train, val, test = (
        set(splits(config[f'{part}_dataloader'].dataset.to_dict()))
        for part in ('train', 'val', 'test')
    )
    # What is behind the faces of a validation is no matter.
    backdrops = 'data/face_scenes/ImageSets/Main/no_face_train.txt'
    assert train & val == {backdrops}
    assert val == {backdrops, 'data/ferplus/ImageSets/Main/val.txt'}
    assert test == {'data/real_fer/ImageSets/Main/test_photos.txt'}
    assert not test & train


def test_of_the_boxes_alone_the_pictures_differ_and_the_steps(repository):
    faces, boxes = (
        load_config(repository / f'configs/{NAMES[0]}{more}.py')
        for more in ('', '_boxes')
    )
    assert boxes.model == faces.model
    shares = [s.share for s in boxes.train_dataloader.dataset.sources]
    assert sum(shares) == pytest.approx(1)


def test_every_source_follows_the_list_of_classes(repository):
    eight = (*EXPRESSIONS, CONTEMPT)
    path = repository / f'configs/{NAMES[0]}.py'
    config = load_config(path, dict(classes=eight))
    for source in config.train_dataloader.dataset.sources:
        sets = [source, source.get('crops'), source.get('backgrounds')]
        for part in sets:
            if part and 'dataset' in part:
                assert part.dataset.metainfo.classes == eight


def test_the_backbone_learns_at_a_part_of_the_rate(config):
    model = MODELS.build(config.model)
    optimizer = build_optim_wrapper(model, config.optim_wrapper).optimizer
    rates = {
        id(value): group['lr']
        for group in optimizer.param_groups
        for value in group['params']
    }
    for name, value in model.named_parameters():
        part = 0.5 if name.startswith('backbone.') else 1
        assert rates[id(value)] == pytest.approx(0.0013 * part)


def test_norms_biases_and_the_scan_do_not_decay(config):
    model = MODELS.build(config.model)
    # But for the backbone's, whose rate is another.
    names = {
        id(value): name
        for name, value in model.named_parameters()
        if not name.startswith('backbone.')
    }
    optimizer = build_optim_wrapper(model, config.optim_wrapper).optimizer
    assert type(optimizer).__name__ == 'AdamW'
    kept = set()
    for group in optimizer.param_groups:
        for value in group['params']:
            if id(value) not in names:
                continue
            if group['weight_decay']:
                assert group['weight_decay'] == 0.03
                assert value.ndim > 1
            else:
                kept.add(names[id(value)].rpartition('.')[2])
    # The weights are those of norms.
    assert kept == {'weight', 'bias', 'A_logs', 'Ds', 'dt_projs_bias'}


@pytest.fixture
def tiny_sets(tmp_path):
    """The folders that the configs name, below data/."""
    data = tmp_path / 'data'
    crops = [[VOCObject(name, (4, 4, 44, 46))] for name in EXPRESSIONS]
    ids = [
        image_id
        for split in ('train', 'val')
        for image_id in add_split(data / 'ferplus', split, *crops, side=48)
    ]
    with (data / 'ferplus/votes.csv').open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['id', *EXPRESSIONS])
        writer.writerows([image_id, *[1] * 7] for image_id in ids)
    for split in ('train_photos', 'test_photos'):
        add_split(data / 'real_fer', split, [HAPPY], [HAPPY])
    add_split(data / 'face_scenes', 'faces_train', [FACE], [FACE])
    add_split(data / 'face_scenes', 'no_face_train', [], [])
    return tmp_path


def test_training_runs_on_composed_pictures(
    tiny_sets, repository, call_tool, monkeypatch
):
    monkeypatch.chdir(tiny_sets)
    config = repository / 'configs/fer_yolo_mamba_faces_n.py'
    options = (
        'train_cfg.max_epochs=2',
        'train_cfg.val_interval=2',
        # The further loss is in the second epoch alone.
        'custom_hooks.0.num_last_epochs=1',
        'default_hooks.checkpoint.save_optimizer=False',
        'default_hooks.logger.interval=1',
        # mmengine keeps visualizers by name, for all runs of a process.
        'visualizer.name=composed_pictures',
        *(
            f'{part}_dataloader.{setting}'
            for part, length in (('train', 4), ('val', 4))
            for setting in (
                'batch_size=4',
                'num_workers=1',
                'dataset.side=64',
                f'dataset.length={length}',
            )
        ),
    )
    call_tool('train', config, '--work-dir', 'run', '--cfg-options', *options)

    run = tiny_sets / 'run'
    assert (run / 'epoch_2.pth').is_file()
    report = json.loads((run / 'metrics.json').read_text())['reports']['fer']
    assert list(report['classes']) == list(EXPRESSIONS)
    faces = [part['num_ground_truths'] for part in report['classes'].values()]
    assert sum(faces) > 0
    (log,) = run.glob('*/vis_data/scalars.json')
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    steps = [step for step in steps if 'loss' in step]
    assert np.isfinite([step['loss'] for step in steps]).all()
    assert ['loss_bbox_aux' in step for step in steps] == [False, True]
