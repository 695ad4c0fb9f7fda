"""tools/analysis/faces.py with a detector that knows the answers."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_detections import FakeResult, face
from mmyolo.registry import DATASETS

from fer_yolo_mamba.apis import ready_weights
from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.files import sha256_of
from fer_yolo_mamba.studies.faces.pictures import voc_pictures

HAPPY = VOCObject('Happy', (10, 5, 30, 25), attributes=dict(mask='no'))
SAD = VOCObject('Sad', (10, 5, 30, 25), attributes=dict(mask='yes'))
TOOL = 'analysis/faces'


@pytest.fixture
def faces_tool(call_tool, load_tool, monkeypatch, tmp_path):
    """Calls the tool; its detector always sees one happy face, of 0.8."""

    class Detector:
        temperature, shift, sizes = 1.0, 0.0, (1.0,)
        classes = EXPRESSIONS
        device = torch.device('cpu')

        def __init__(self, weights, device, score_thr, *, config):
            self.score_thr = score_thr or 0.5

        def __call__(self, images):
            return [FakeResult([face((10, 5, 30, 25), 'Happy', 0.8)])]

    monkeypatch.setattr(load_tool(TOOL), 'FERDetector', Detector)
    weights = tmp_path / 'weights.safetensors'
    weights.write_bytes(b'abc')

    def call(verb, *arguments, weights=weights):
        call_tool(TOOL, verb, '--weights', weights, *arguments)

    return call


def read(path):
    return json.loads(path.read_text(encoding='utf-8'))


def test_all_measures(faces_tool, write_set, tmp_path, capsys):
    root = write_set({'a': [HAPPY], 'b': [SAD]})
    faceless = write_set({'c': [], 'd': []}, 'faceless')
    named = tmp_path / 'clear_happy.png'
    shutil.copy(root / 'JPEGImages/a.png', named)
    table = tmp_path / 'sources.csv'
    table.write_text('id,origin\na,here\nb,there\n')
    faces_tool(
        *('measure', '--crops', root, 'test', '--face-sizes', 48, 96),
        *('--photographs', root, 'test', '--sources', table, 'origin'),
        *('--scenes', root, 'test', '--group', 'mask'),
        *('--faceless', faceless, 'test', '--named', named),
        *('--out', tmp_path / 'out'),
    )
    page = (tmp_path / 'out/faces.md').read_text(encoding='utf-8')
    assert capsys.readouterr().out == page
    assert 'SHA-256 ba7816bf' in page

    record = read(tmp_path / 'out/faces.json')
    assert record['subject']['weights'] == 'weights.safetensors'
    assert [(x['size'], x['accuracy']) for x in record['single_faces']] == [
        (48, 0.5),
        (96, 0.5),
    ]
    # Four crops named Happy with 0.8; where the face is, none of them lies.
    assert record['single_faces_ece'] == pytest.approx(0.8)
    assert [(x['source'], x['right']) for x in record['photographs']] == [
        ('', 0.5),
        ('here', 1),
        ('there', 0),
    ]
    assert [(x['group'], x['ap']) for x in record['scenes']] == [
        ('', 1),
        ('no', 1),
        ('yes', 1),
    ]
    assert record['faceless']['num_detections'] == 2
    assert [x['right'] for x in record['named']] == [True]


def test_one_measure_at_another_threshold(faces_tool, write_set, tmp_path):
    root = write_set({'a': []})
    faces_tool(
        *('measure', '--faceless', root, 'test', '--score-thr', 0.85),
        *('--out', tmp_path),
    )
    record = read(tmp_path / 'faces.json')
    assert record['faceless']['num_detections'] == 0
    assert record['faceless']['highest_scores'] == [0.8]
    assert record['single_faces'] == record['scenes'] == []
    assert '## Single faces' not in (tmp_path / 'faces.md').read_text()


def test_ready_weights_by_their_name(faces_tool, write_set, tmp_path):
    arguments = '--faceless', write_set({'a': []}), 'test', '--out', tmp_path
    name = 'fer_yolo_mamba_n.safetensors'
    faces_tool('measure', *arguments, weights=name)
    subject = read(tmp_path / 'faces.json')['subject']
    assert subject['weights'] == name
    assert subject['sha256'] == sha256_of(ready_weights().with_name(name))


def test_the_last_checkpoint_of_a_run(faces_tool, write_set, tmp_path):
    run = tmp_path / 'run'
    run.mkdir()
    torch.save(dict(meta={}, state_dict={}), run / 'epoch_3.pth')
    arguments = '--faceless', write_set({'a': []}), 'test', '--out', tmp_path
    faces_tool('measure', *arguments, weights=run)
    subject = read(tmp_path / 'faces.json')['subject']
    assert subject['weights'] == 'epoch_3.pth'
    assert subject['sha256'] == sha256_of(run / 'epoch_3.pth')


def test_a_peer(faces_tool, load_tool, write_set, tmp_path, monkeypatch):
    class Peer:
        name = 'face-api 1.2.3, default settings'
        weights = (tmp_path / 'model.bin',)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def __call__(self, images):
            return [FakeResult([face((10, 5, 30, 25), 'Happy', 0.3)])]

    started = []

    def start(*named, **options):
        started.append((*named, options))
        return Peer()

    monkeypatch.setattr(load_tool(TOOL), 'start_peer', start)
    (tmp_path / 'model.bin').write_bytes(b'abc')
    root = write_set({'a': [HAPPY]})
    faces_tool(
        *('measure', '--peer', 'face-api', tmp_path, '--every-face'),
        *('--scenes', root, 'test', '--out', tmp_path),
    )
    assert started == [('face-api', str(tmp_path), dict(every_face=True))]
    record = read(tmp_path / 'faces.json')
    assert record['subject']['weights'] == Peer.name
    assert record['subject']['sha256'].startswith('ba7816bf')
    # Whatever it shows counts.
    assert record['scenes'][0]['recall'] == 1


def test_faces_that_two_find(faces_tool, write_set, call_tool, tmp_path):
    root = write_set({'a': [HAPPY], 'b': [SAD]})
    faces_tool('measure', '--photographs', root, 'test', '--out', tmp_path)
    saw = tmp_path / 'photographs.json'
    call_tool(
        *(TOOL, 'compare', saw, saw, '--score-thr', 0.8, 0.9),
        *('--out', tmp_path),
    )
    compared = read(tmp_path / 'compared.json')
    assert compared['found']['only_first'] == 2
    assert compared['named'] == dict.fromkeys(compared['named'], 0)


def test_crops_spread_over_the_split(load_tool, write_set):
    root = write_set({f'{i}': [HAPPY] for i in range(6)})
    tool = load_tool(TOOL)
    args = tool.make_parser().parse_args(
        ['measure', '--crops', str(root), 'test', '--limit', '3']
    )
    names = [picture.name for picture in tool._crops(args)]
    everyone = [picture.name for picture in voc_pictures(root, 'test')]
    assert names == everyone[::2]


@pytest.mark.parametrize(
    ('options', 'taken'),
    [
        ([], [1, 2, 4, 5]),
        (['--limit', '2'], [1, 4]),
        (['--limit', '4'], [1, 2, 4, 5]),
    ],
)
def test_crops_that_another_call_leaves(options, taken, load_tool, write_set):
    root = write_set({f'{i}': [HAPPY] for i in range(6)})
    tool = load_tool(TOOL)
    args = tool.make_parser().parse_args(
        ['calibrate', '--crops', str(root), 'test', '--skip', '2', *options]
    )
    names = [picture.name for picture in tool._crops(args)]
    everyone = [picture.name for picture in voc_pictures(root, 'test')]
    assert names == [everyone[i] for i in taken]


def test_calibration(faces_tool, write_set, tmp_path, monkeypatch):
    # On the canvas, this face fills what the detector sees.
    crop = VOCObject('Happy', (0, 0, 40, 30))
    root = write_set({'a': [HAPPY], 'b': [crop]}, 'crops')
    monkeypatch.setattr('fer_yolo_mamba.studies.faces.pictures.CANVAS_SIDE', 40)
    faces_tool(
        *('calibrate', '--crops', root, 'test', '--face-sizes', 40),
        *('--faceless', write_set({'c': []}), 'test', '--out', tmp_path),
    )
    record = read(tmp_path / 'calibration.json')
    assert record['calibration']['num_detections'] == 3
    assert record['calibration']['temperature'] > 1
    shift = record['calibration']['shift']
    assert list(shift) == list(EXPRESSIONS)
    page = (tmp_path / 'calibration.md').read_text()
    assert '2 crops on a plain canvas, at 40 pixels in turn' in page


class PlainMixture:
    """Two pictures of a happy face; the second face is named Sad."""

    def __len__(self):
        return 2

    def compose(self, index):
        image = np.full((30, 40, 3), 100, np.uint8)
        boxes = np.array([[10, 5, 30, 25]], np.float32)
        return image, boxes, np.array([3 if index == 0 else 5])


def write_config(path, dataset) -> Path:
    path.write_text(
        "custom_imports = dict(imports=['fer_yolo_mamba'])\n"
        f'val_dataloader = dict(dataset=dict(type={dataset!r}))\n'
    )
    return path


def test_calibration_on_composed_pictures(faces_tool, tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS.module_dict, 'PlainMixture', PlainMixture)
    config = write_config(tmp_path / 'mixture.py', 'PlainMixture')
    faces_tool('calibrate', '--mixture', config, '--out', tmp_path)
    chosen = read(tmp_path / 'calibration.json')['calibration']
    assert chosen['num_detections'] == 2
    assert chosen['ece_before'] == pytest.approx(0.3)
    page = (tmp_path / 'calibration.md').read_text()
    assert '2 composed pictures of mixture.py' in page


def test_a_mixture_that_composes_nothing(refusal, tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS.module_dict, 'NoMixture', object)
    config = write_config(tmp_path / 'other.py', 'NoMixture')
    said = refusal(TOOL, 'calibrate', '--mixture', config)
    assert 'composes no pictures' in said


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['measure'], 'nothing to measure: give --crops'),
        (
            ['measure', '--named', 'a_happy.jpg', '--every-face'],
            'give --peer, too',
        ),
        (['calibrate'], 'give --crops or --mixture'),
        (['measure', '--crops', '{root}', 'none'], 'none.txt'),
        (['measure', '--crops', '{root}', 'test', '--limit', '2'], '1 to 1'),
        (['measure', '--crops', '{root}', 'test', '--skip', '1'], '0 to 0'),
        (['measure', '--faceless', '{root}', 'test'], 'a has a face'),
        (['measure', '--named', 'a_b.jpg'], "found the expression 'b'"),
        (
            ['measure', '--scenes', '{root}', 'test', '--group', 'hat'],
            'has no <hat>',
        ),
        (
            [
                *('measure', '--photographs', '{root}', 'test'),
                *('--sources', '{root}/table.csv', 'origin'),
            ],
            'has the columns id, source and lacks origin',
        ),
        (
            [
                *('measure', '--photographs', '{root}', 'test'),
                *('--sources', '{root}/table.csv', 'source'),
            ],
            'has no row of a',
        ),
    ],
)
@pytest.mark.usefixtures('faces_tool')
def test_bad_input(arguments, words, outcome_of, write_set):
    root = write_set({'a': [HAPPY]})
    (root / 'table.csv').write_text('id,source\nb,there\n')
    arguments = (word.format(root=root) for word in arguments)
    status, _, errors = outcome_of(TOOL, *arguments)
    assert status == 2
    assert words in errors.splitlines()[-1]


@pytest.mark.usefixtures('faces_tool')
def test_weights_that_name_more_than_the_sets_do(
    refusal, load_tool, monkeypatch, write_set, tmp_path
):
    eight = (*EXPRESSIONS, 'Contempt')
    monkeypatch.setattr(load_tool(TOOL).FERDetector, 'classes', eight)
    said = refusal(
        *(TOOL, 'measure', '--crops', write_set({'a': [HAPPY]}), 'test'),
        *('--weights', tmp_path / 'weights.safetensors'),
    )
    assert 'also names Contempt' in said
