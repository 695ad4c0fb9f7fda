"""What a folder holds is continued only by the same run."""

import shutil

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.comparison_runs import list_runs


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
    'options': (None, ('optimizer.lr=1',), 'optimizer.lr is 1 and was 0.1'),
    'new option': (None, ('a.b=[1]',), 'a.b.0 is 1 and was absent'),
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
    resolved.dump(run.folder / 'tiny.py')

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
