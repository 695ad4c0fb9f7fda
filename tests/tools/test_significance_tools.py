"""significance.py and groups.py as a user runs them, and their refusals."""

import json
import re

import pytest

from fer_yolo_mamba.datasets import VOCAnnotation, VOCObject, write_voc_xml

CLASSES = ('Happy', 'Sad')
NUM_IMAGES = 30


def dump(path, wrong=(), faces=1, folder='/old/place/JPEGImages'):
    """Image 0 is Happy, 1 Sad, ...; the wrong ones get the other class."""
    images = [
        dict(
            path=f'{folder}/test_{n:02}.jpg',
            width=100,
            height=100,
            detections=[
                dict(
                    bbox=[10, 10, 50, 60],
                    score=0.9,
                    label=CLASSES[(n + (n in wrong)) % 2],
                )
            ],
            ground_truth=[dict(bbox=[10, 10, 50, 60], label=CLASSES[n % 2])]
            * faces,
        )
        for n in range(NUM_IMAGES)
    ]
    path.write_text(json.dumps(dict(classes=CLASSES, images=images)))
    return path


@pytest.fixture
def voc(tmp_path):
    """The set: of every three faces two are female; counted from 1."""
    for n in range(NUM_IMAGES):
        face = VOCObject(
            CLASSES[n % 2],
            (11, 11, 50, 60),
            attributes=dict(gender='female' if n % 3 else 'male', glasses='no'),
        )
        name = f'test_{n:02}'
        path = tmp_path / 'set' / 'Annotations' / f'{name}.xml'
        write_voc_xml(path, VOCAnnotation(f'{name}.jpg', 100, 100, 3, (face,)))
    return tmp_path / 'set'


@pytest.fixture
def tool(outcome_of):
    """Runs a tool in this process; returns status, output and errors."""

    def run(name, *arguments):
        return outcome_of(f'analysis/{name}', *arguments)

    return run


def test_two_tests(tool, tmp_path):
    good = dump(tmp_path / 'good.json')
    bad = dump(tmp_path / 'bad.json', range(0, 20, 2), folder='/new')
    out = tmp_path / 'out'
    status, printed, err = tool(
        'significance', good, bad, '--resamples', 300, '--out', out
    )
    assert (status, err) == (0, '')
    assert printed == (out / 'significance.md').read_text()
    assert 'IoU ≥ 0.5, F1 at score ≥ 0.5' in printed
    assert '| 100.00 [100.00, 100.00]' in printed
    assert re.search(r'\| A right +\| 20 ', printed)
    assert 'p = 0.002 ' in printed
    record = json.loads((out / 'significance.json').read_text())
    assert (record['first'], record['second']) == (str(good), str(bad))
    assert (record['resamples'], record['seed']) == (300, 0)
    assert record['mcnemar']['only_first'] == 10
    happy = record['figures']['ap Happy']
    assert happy['difference']['value'] > 0.5
    assert happy['superiority'] == 1


def test_one_test(tool, tmp_path):
    test = dump(tmp_path / 'a.json', range(6))
    status, printed, _ = tool(
        'significance', test, '--resamples', 50, '--out', tmp_path
    )
    assert status == 0
    assert '24 of 30 images are right' in printed
    assert 'P(A > B)' not in printed
    record = json.loads((tmp_path / 'significance.json').read_text())
    assert record['num_right'] == 24
    assert record['figures']['mean_ap'].keys() == {'value', 'low', 'high'}


def test_json_has_null_where_there_is_no_face(tool, tmp_path):
    test = dump(tmp_path / 'a.json', faces=0)
    tool('significance', test, '--resamples', 10, '--out', tmp_path)
    record = json.loads(
        (tmp_path / 'significance.json').read_text(), parse_constant=pytest.fail
    )
    assert record['figures']['ap Sad'] == dict(value=None, low=None, high=None)


def test_groups(tool, tmp_path, voc):
    # Men, every third image, are taken for the other class.
    test = dump(tmp_path / 'a.json', range(0, NUM_IMAGES, 3))
    options = ('--min-faces', 5, '--resamples', 100, '--out', tmp_path)
    status, printed, _ = tool('groups', test, voc, *options)
    assert status == 0
    assert printed == (tmp_path / 'groups.md').read_text()
    assert '## By gender' in printed
    assert 'female (20 faces, 20 images)' in printed
    assert '+100.00 [+100.00, +100.00]' in printed
    assert '| female, male |' in printed
    record = json.loads((tmp_path / 'groups.json').read_text())
    (gender,) = record['attributes']
    assert gender['groups']['male']['figures']['mean_ap']['value'] == 0

    status, printed, _ = tool(
        'groups', test, voc, *options, '--attributes', 'glasses'
    )
    assert status == 0
    assert 'no (30 faces, 30 images)' in printed


def test_groups_of_images_that_are_named_otherwise(tool, tmp_path, voc):
    """As a set may have them: in other letters, or as <filename> says."""
    test = dump(tmp_path / 'a.json')
    content = json.loads(test.read_text())
    for n, image in enumerate(content['images']):
        image |= dict(id=f'test_{n:02}', path=f'JPEGImages/DSC{n}.JPG')
    test.write_text(json.dumps(content))
    status, printed, err = tool(
        *('groups', test, voc, '--min-faces', 5, '--resamples', 100)
    )
    assert (status, err) == (0, '')
    assert 'female (20 faces, 20 images)' in printed


@pytest.mark.parametrize(
    ('name', 'arguments', 'words'),
    [
        ('significance', ['{none}'], ['none.json', 'cannot be read']),
        ('significance', ['{a}', '{two}'], ['ground truth', 'test_00.jpg']),
        ('significance', ['{a}', '--resamples', '0'], ['--resamples']),
        ('significance', ['{a}', '--seed', '-1'], ['--seed']),
        ('groups', ['{a}', '{tmp}'], ['test_00.xml', 'no such annotation']),
        ('groups', ['{two}', '{set}'], ['test_00.xml', 'other faces']),
        (
            'groups',
            ['{a}', '{set}', '--attributes', 'race'],
            ['no race', 'gender, glasses', '--attributes'],
        ),
        (
            'groups',
            ['{a}', '{set}'],
            ['no group has 100', '--min-faces'],
        ),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    refusal, tmp_path, voc, name, arguments, words
):
    places = dict(
        a=dump(tmp_path / 'a.json'),
        two=dump(tmp_path / 'two.json', faces=2),
        none=tmp_path / 'none.json',
        set=voc,
        tmp=tmp_path,
    )
    arguments = (word.format(**places) for word in arguments)
    message = refusal(f'analysis/{name}', *arguments)
    for word in words:
        assert word in message
