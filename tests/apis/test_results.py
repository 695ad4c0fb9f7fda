"""Results in the forms in which people want them."""

import doctest
import json
import re

import numpy as np
import pytest

from fer_yolo_mamba.apis import FERResult, results
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.visualization import write_image


def face(expression, score, left=1.0, **others):
    scores = dict.fromkeys(EXPRESSIONS, 0.01) | {expression: score}
    box = (left, 2.0, left + 2, 5.0)
    return Face(box, expression, score, scores, min(score + 0.06, 1), **others)


NOBODY = FERResult((), 8, 6)
TWO = FERResult((face('Happy', 0.9), face('Sad', 0.6, 4.0)), 8, 6, 'photo.jpg')
FRAME = FERResult((face('Fear', 0.5, track=3),), 8, 6, 'film.mp4', 30, 1.2)
CROWD = FERResult(
    tuple(face('Anger', 0.5, float(i)) for i in range(200)), 300, 9
)
ALL = (NOBODY, TWO, FRAME, CROWD)


@pytest.mark.parametrize(
    ('result', 'line'),
    [
        (NOBODY, 'picture: no face'),
        (TWO, 'photo.jpg: Happy 0.90, Sad 0.60'),
        (FRAME, 'film.mp4, frame 30: Fear 0.50'),
    ],
)
def test_a_result_is_one_line(result, line):
    assert str(result) == line


@pytest.mark.parametrize('result', ALL)
def test_there_and_back(result):
    assert FERResult.from_dict(result.to_dict()) == result
    assert FERResult.from_json(result.to_json()) == result
    values = json.loads(result.to_json())
    assert len(values['faces']) == len(result)
    assert values['source'] == result.source


def test_it_is_saved_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    TWO.save('~/faces/a.json')
    assert FERResult.from_json((tmp_path / 'faces/a.json').read_text()) == TWO


@pytest.mark.parametrize(
    'text',
    [
        *('', '[]', 'null', '{"faces": 1}', '{"faces": [], "wide": 1}', None),
        TWO.to_json().replace('"bbox": [', '"bbox": [0, '),
        re.sub(r'"bbox": \[[^]]*\]', '"bbox": "abcd"', TWO.to_json()),
    ],
)
def test_what_is_no_result_is_one_sentence(text):
    with pytest.raises(InputError, match='is no result: give what to_dict'):
        FERResult.from_json(text)


@pytest.mark.parametrize('result', ALL)
def test_a_table_has_a_row_for_each_face(result):
    table = result.to_frame()
    assert list(table.columns[:11]) == list(results.COLUMNS)
    assert len(table) == len(result)
    if result.faces:
        assert list(table.columns[11:]) == list(EXPRESSIONS)
        assert table.x2[0] == result.faces[0].bbox[2]
        assert table.score[0] == result.faces[0].score


@pytest.mark.parametrize('result', ALL)
def test_for_supervision(result):
    detections = result.to_supervision()
    assert len(detections) == len(result)
    if result.faces:
        first = result.faces[0]
        assert tuple(detections.xyxy[0]) == first.bbox
        assert EXPRESSIONS[detections.class_id[0]] == first.expression
        assert detections.data['class_name'][0] == first.expression
    assert result is not FRAME or detections.tracker_id.tolist() == [3]


@pytest.mark.parametrize('library', ['pandas', 'supervision'])
def test_a_library_that_is_not_there_is_named(library, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, library, None)
    with pytest.raises(InputError, match=rf'fer-yolo-mamba\[{library}\]'):
        {'pandas': TWO.to_frame, 'supervision': TWO.to_supervision}[library]()


def test_faces_are_drawn_on_the_picture_and_cut_out(tmp_path):
    image = np.full((60, 80, 3), 90, np.uint8)
    image[20:40, 10:30] = 200
    path = tmp_path / 'photo.png'
    write_image(path, image)
    happy = Face((10.0, 20.0, 29.5, 39.5), 'Happy', 0.9)
    for result in (
        FERResult((happy,), 80, 60, str(path)),
        FERResult((happy,), 80, 60, image=image),
    ):
        drawn = result.plot()
        assert drawn.shape == image.shape
        assert not np.array_equal(drawn, image)
        (crop,) = result.crops()
        assert crop.shape == (20, 20, 3) and crop.min() == 200
    result.save(tmp_path / 'drawn.png')
    result.save(tmp_path / 'record.json')
    assert json.loads((tmp_path / 'record.json').read_text())['width'] == 80
    with pytest.raises(InputError, match=r'use \.png, or \.jpg'):
        result.save(tmp_path / 'drawn.docx')


def test_the_photograph_itself_is_not_drawn_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / 'photo.png'
    write_image(path, np.zeros((60, 80, 3), np.uint8))
    before = path.read_bytes()
    result = FERResult((face('Happy', 0.9),), 80, 60, str(path))
    with pytest.raises(InputError, match=r'photo\.png is an input and is not '):
        result.save('photo.png')
    assert path.read_bytes() == before
    result.save('drawn.png')
    assert (tmp_path / 'drawn.png').read_bytes() != before


@pytest.mark.parametrize('result', [NOBODY, FRAME])
def test_no_picture_to_draw_on(result):
    with pytest.raises(InputError, match='has no picture to draw on'):
        result.plot()


def test_the_examples_are_true():
    outcome = doctest.testmod(results, extraglobs=dict(Face=Face))
    assert outcome.attempted and not outcome.failed


def test_an_annotated_face_has_no_score():
    result = FERResult((Face((1.0, 2.0, 3.0, 4.0), 'Sad'),), 8, 6, 'a.jpg')
    assert str(result) == 'a.jpg: Sad'
    with pytest.raises(InputError, match='a face has no scores'):
        result.to_supervision()
