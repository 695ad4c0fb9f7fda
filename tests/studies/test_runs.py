"""What a folder holds is continued only by the same run on the same data."""

import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from fer_yolo_mamba.engine.config import config_json
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.runs import fer_datasets, list_runs, split_digest


@pytest.fixture
def own_set(drawn_set, tmp_path):
    return shutil.copytree(drawn_set, tmp_path / 'own')


def rewrite_config(write_config, own_set):
    write_config(data_root=own_set, epochs=7)


def add_pixels(write_config, own_set):
    test_image = (own_set / 'ImageSets/Main/test.txt').read_text().strip()
    with (own_set / f'JPEGImages/{test_image}.jpg').open('ab') as file:
        file.write(b'more')


def shorten_training(write_config, own_set):
    path = own_set / 'ImageSets/Main/train.txt'
    path.write_text(path.read_text().splitlines()[0])


CHANGES = {
    'config': (rewrite_config, (), 'train_cfg.max_epochs is 7 and was 2'),
    'options': (
        None,
        ('optim_wrapper.optimizer.lr=1',),
        'optimizer.lr is 1 and was 0.1',
    ),
    'new option': (None, ('env_cfg.b=[1]',), 'env_cfg.b.0 is 1 and was absent'),
    'test data': (add_pixels, (), 'own/ImageSets/Main/test.txt'),
    'training data': (shorten_training, (), 'own/ImageSets/Main/train.txt'),
}


@pytest.mark.parametrize('finished', [True, False])
@pytest.mark.parametrize(
    ('change', 'options', 'named'), CHANGES.values(), ids=CHANGES
)
def test_a_changed_run_is_refused(
    finished, change, options, named, write_config, own_set, compare, tmp_path
):
    fake = {} if finished else dict(reports={})
    config = write_config(data_root=own_set, fake=fake)
    states, _ = compare(config)
    assert ('done' in states.values()) == finished
    # As mmengine's runner does for a resumed training.
    [run] = list_runs([config], [0], tmp_path / 'runs')
    resolved = run.load()
    resolved.merge_from_dict(dict(resume=True, load_from='epoch_1.pth'))
    dumped = run.folder / 'resolved_config.json'
    dumped.write_text(config_json(resolved))

    if change:
        change(
            lambda **new: write_config(fake=fake, **new),
            own_set,
        )
    with pytest.raises(InputError) as refused:
        compare(config, options=options)
    message = str(refused.value)
    assert named in message
    assert 'name another --work-dir' in message
    assert str(run.folder) in message


def test_a_moved_comparison_is_recognised(
    write_config, compare, done, tmp_path
):
    config = write_config()
    compare(config)
    before = done()
    (tmp_path / 'runs').rename(tmp_path / 'elsewhere')
    (tmp_path / 'runs').symlink_to(tmp_path / 'elsewhere')
    assert compare(config)[0] == {'tiny seed 0': 'done'}
    assert done() == before


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('epoch_1.pth', '', 'has no record'),
        ('run.json', '{"config": ', 'is not a record of a run'),
        ('run.json', '{"unknown": 1}', 'is not a record of a run'),
        ('run.json', '[' * 100_000, 'is not a record of a run'),
    ],
)
def test_a_folder_of_something_else_is_refused(
    name, content, message, write_config, compare, tmp_path
):
    folder = tmp_path / 'runs/tiny/seed_0'
    folder.mkdir(parents=True)
    (folder / name).write_text(content)
    with pytest.raises(InputError, match=message):
        compare(write_config())


def digest(root: Path) -> str:
    return split_digest(
        root / 'ImageSets/Main/train.txt',
        root / 'JPEGImages',
        root / 'Annotations',
    )


def first(root: Path, folder: str) -> Path:
    name = (root / 'ImageSets/Main/train.txt').read_text().split()[0]
    return next((root / folder).glob(f'{name}.*'))


def reverse_split(root):
    path = root / 'ImageSets/Main/train.txt'
    path.write_text('\n'.join(reversed(path.read_text().split())))


def edit_annotation(root):
    with first(root, 'Annotations').open('a') as file:
        file.write('<!-- seen -->')


def lengthen(root):
    with first(root, 'JPEGImages').open('ab') as file:
        file.write(b'.')


def rename(root):
    image = first(root, 'JPEGImages')
    image.rename(image.with_suffix('.JPEG'))


def lose_image(root):
    first(root, 'JPEGImages').unlink()


def break_annotation(root):
    first(root, 'Annotations').write_text('<annotation>')


def end_split_with_blank_lines(root):
    with (root / 'ImageSets/Main/train.txt').open('a') as file:
        file.write('\n\n')


def add_foreign_files(root):
    (root / 'JPEGImages/other.jpg').touch()
    (root / 'Annotations/other.xml').touch()


def touch(root):
    first(root, 'JPEGImages').touch()


@pytest.mark.parametrize(
    ('change', 'is_seen'),
    [
        (reverse_split, True),
        (edit_annotation, True),
        (lengthen, True),
        (rename, True),
        (lose_image, True),
        (break_annotation, True),
        (end_split_with_blank_lines, False),
        (add_foreign_files, False),
        (touch, False),
    ],
)
def test_changes_of_the_data(change, is_seen, drawn_set, tmp_path):
    # A copy has other times and another place, but is the same data.
    root = shutil.copytree(
        drawn_set, tmp_path / 'copy', copy_function=shutil.copyfile
    )
    assert digest(root) == digest(drawn_set)
    change(root)
    assert (digest(root) != digest(drawn_set)) == is_seen


def leaf(split, **more):
    return dict(
        type='FERVOCDataset', ann_file=f'{split}.txt', data_root='set', **more
    )


def loaders(train, test):
    return Config(
        dict(
            train_dataloader=dict(dataset=train),
            test_dataloader=dict(dataset=test),
        )
    )


@pytest.mark.parametrize(
    ('train', 'found'),
    [
        (leaf('train'), ['train']),
        (leaf('train', data_prefix=dict(img='faces')), ['train']),
        (dict(type='RepeatDataset', times=2, dataset=leaf('train')), ['train']),
        (
            dict(type='ConcatDataset', datasets=[leaf('a'), leaf('b')]),
            ['a', 'b'],
        ),
        (
            dict(
                type='RepeatDataset',
                times=2,
                dataset=dict(
                    type='ConcatDataset', datasets=[leaf('a'), leaf('b')]
                ),
            ),
            ['a', 'b'],
        ),
        (
            dict(
                type='FaceMixture',
                sources=[
                    dict(
                        type='PastedFaces',
                        crops=dict(dataset=leaf('a')),
                        backgrounds=dict(dataset=leaf('b')),
                    ),
                    dict(type='Photographs', dataset=leaf('c')),
                ],
            ),
            ['a', 'b', 'c'],
        ),
    ],
)
def test_data_sets_are_found_in_their_wrappers(train, found):
    assert list(fer_datasets(loaders(train, leaf('test')))) == [
        f'set/{name}.txt' for name in (*found, 'test')
    ]


@pytest.mark.parametrize(
    ('config', 'message'),
    [
        (Config(dict(a=1)), 'has no train_dataloader'),
        (
            loaders(dict(type='mmdet.CocoDataset', ann_file='a.json'), None),
            'reads mmdet.CocoDataset',
        ),
    ],
)
def test_other_data_is_an_error(config, message):
    with pytest.raises(InputError, match=message):
        fer_datasets(config)
