"""tools/test.py and tools/predict.py on a checkpoint."""

import csv
import json
import re

import cv2
import pytest

from fer_yolo_mamba.expressions import EXPRESSIONS


@pytest.fixture(scope='module')
def tested(trained, tiny_config, printed_by):
    """What a test with every output wrote and printed."""
    folder = trained / 'tested'
    printed = printed_by(
        'test',
        tiny_config,
        trained / 'epoch_3.pth',
        *('--work-dir', folder / 'logs'),
        *('--dump', folder / 'metrics.json'),
        *('--out', folder / 'predictions.json'),
        *('--show-dir', folder / 'pictures'),
    )
    return folder, printed


def test_the_time_left_is_told_every_ten_batches(
    trained, tiny_config, printed_by, tmp_path
):
    splits = tiny_config.parent / 'drawn/ImageSets/Main'
    every = tmp_path / 'all.txt'
    every.write_text(''.join(x.read_text() for x in splits.glob('*.txt')))
    printed = printed_by(
        'test',
        tiny_config,
        trained / 'epoch_3.pth',
        *('--work-dir', tmp_path, '--cfg-options'),
        'test_dataloader.batch_size=1',
        f'test_dataloader.dataset.ann_file={every}',
    )
    assert re.search(r'Epoch\(test\) +\[10/\d+\] +eta: \d', printed), printed


def test_the_table_is_printed(tested):
    _, printed = tested
    for name in (*EXPRESSIONS, 'average'):
        assert f'\n{name} ' in printed


def test_metrics_are_dumped_as_json_and_csv(tested):
    folder, _ = tested
    metrics = json.loads((folder / 'metrics.json').read_text())
    assert set(EXPRESSIONS) == metrics['reports']['fer']['classes'].keys()
    with (folder / 'metrics.csv').open() as file:
        assert [row['class'] for row in csv.DictReader(file)] == [
            *EXPRESSIONS,
            'average',
        ]


def test_another_order_of_the_classes_changes_no_figure(
    tested, trained, tiny_config, outcome_of, tmp_path
):
    backwards = ','.join(EXPRESSIONS[::-1])
    _, printed, _ = outcome_of(
        *('test', tiny_config, trained / 'epoch_3.pth'),
        *('--work-dir', tmp_path, '--dump', tmp_path / 'metrics.json'),
        *('--cfg-options', f'classes=[{backwards}]'),
    )
    assert 'The classes are counted as in' in printed
    metrics = tmp_path / 'metrics.json', tested[0] / 'metrics.json'
    one, two = (json.loads(path.read_text())['reports'] for path in metrics)
    assert one == two


@pytest.mark.parametrize(
    'options',
    [
        ['default_hooks.logger=None'],
        ['default_hooks=None', 'custom_hooks=None', 'env_cfg=None'],
    ],
)
def test_parts_may_be_none(options, trained, tiny_config, call_tool, tmp_path):
    call_tool(
        *('test', tiny_config, trained / 'epoch_3.pth', '--tta'),
        *('--work-dir', tmp_path, '--cfg-options', *options),
    )
    assert (tmp_path / 'report/report.md').exists()


def test_predictions_that_are_read_are_not_replaced(
    tested, trained, tiny_config, refusal
):
    predictions = tested[0] / 'predictions.json'
    before = predictions.read_text()
    said = refusal(
        *('test', tiny_config, trained / 'epoch_3.pth'),
        *('--work-dir', tested[0], '--thresholds', predictions),
    )
    assert 'name another file' in said
    assert predictions.read_text() == before


def test_predictions_hold_every_image(tested, tiny_set):
    folder, _ = tested
    dump = json.loads((folder / 'predictions.json').read_text())
    assert dump['classes'] == list(EXPRESSIONS)
    images = dump['images']
    ids = (tiny_set / 'ImageSets/Main/test.txt').read_text().split()
    assert [image['id'] for image in images] == ids
    assert len(ids) == 5
    assert {(image['width'], image['height']) for image in images} == {(96, 96)}
    truth = [box for image in images for box in image['ground_truth']]
    assert truth
    for box in truth:
        assert box['label'] in EXPRESSIONS
        assert 0 <= box['bbox'][0] < box['bbox'][2] <= 96
    scores = [d['score'] for image in images for d in image['detections']]
    assert all(0 <= score <= 1 for score in scores)


def test_a_picture_is_drawn_for_every_image(tested):
    folder, _ = tested
    assert len(list((folder / 'pictures').iterdir())) == 5


def test_predict_writes_pictures_and_records(
    trained, tiny_config, tiny_set, outcome_of, tmp_path
):
    photo = next((tiny_set / 'JPEGImages').iterdir())
    other = tmp_path / f'été {photo.name}'
    other.write_bytes(photo.read_bytes())
    _, printed, _ = outcome_of(
        'predict',
        *(photo, photo, other),
        *('--config', tiny_config, '--checkpoint', trained / 'epoch_3.pth'),
        *('--out', tmp_path / 'out', '--score-thr', '0.001', '--json'),
    )
    names = [photo.stem, f'{photo.stem}_2', other.stem]
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {
        f'{name}{suffix}' for name in names for suffix in ('.jpg', '.json')
    }
    record = json.loads((tmp_path / 'out' / f'{names[0]}.json').read_text())
    assert (record['width'], record['height']) == (96, 96)
    for face in record['faces']:
        assert face['expression'] in EXPRESSIONS
        assert 0 <= face['score'] <= 1
    picture = cv2.imread(str(tmp_path / 'out' / f'{names[0]}.jpg'))
    assert picture.shape == (96, 96, 3)
    assert len(printed.strip().splitlines()) == 3
