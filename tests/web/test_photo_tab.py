"""A photograph on the page: the same faces as elsewhere, or a message."""

import csv
from pathlib import Path

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.visualization import heatmap_figure
from fer_yolo_mamba.web.photo import find_faces

gr = pytest.importorskip('gradio', reason='needs the extra web')


@pytest.fixture
def ask(client, detector):
    from gradio_client import handle_file

    def call(path, min_face=0):
        """Message, picture, choice of faces, scores, table, CSV file."""
        _, *answer = client.predict(
            *(handle_file(str(path)), detector.score_thr, min_face),
            api_name='/photo',
        )
        return answer

    return call


def test_a_photograph_is_answered_as_by_the_detector(
    ask, detector, portrait, temporary
):
    (result,) = detector(portrait)
    message, picture, faces, scores, table, download, _ = ask(portrait)
    assert message == result.found and len(result) > 0
    assert Path(picture).stat().st_size > 10_000
    assert len(faces['choices']) == len(result)
    assert {x['label']: x['confidence'] for x in scores['confidences']} == (
        pytest.approx(result.faces[0].scores, abs=1e-4)
    )
    assert len(table['data']) == len(result)
    with open(download['value'], newline='') as file:
        (row, *_) = csv.DictReader(file)
    assert float(row['x1']) == pytest.approx(result.faces[0].bbox[0], abs=1e-2)
    uploaded = portrait.read_bytes()
    (folder,) = temporary.glob('fer_yolo_mamba_*')
    kept = [x for x in folder.rglob('*') if x.is_file()]
    assert kept and all(x.read_bytes() != uploaded for x in kept)


def test_the_limits_count(ask, portrait):
    message, *_ = ask(portrait, min_face=200)
    assert message == 'no face'


def test_a_photograph_without_a_face_is_looked_at_again(
    page, detector, portrait
):
    again = next(x.fn for x in page.fns.values() if x.name == 'look_again')
    nobody = find_faces(detector, portrait.read_bytes(), 0.5, 400)
    assert not nobody.faces
    result, message, *_ = again(nobody, 0.5, 0)
    assert message == result.found and len(result) == 1


def test_text_with_the_name_of_a_picture_gets_a_message(ask, tmp_path):
    path = tmp_path / 'notes.jpg'
    path.write_text('not a picture')
    message, picture, *_ = ask(path)
    assert 'no image' in message and picture is None


def test_a_photograph_that_is_gone_gets_a_message(page, portrait):
    look = next(x.fn for x in page.fns.values() if x.api_name == 'photo')
    gone = portrait.with_name('gone.jpg')
    _, result, message, *_ = look(str(gone), 0.5, 0)
    assert 'gone.jpg' in message and 'upload it again' in message
    assert result is None


@pytest.mark.parametrize('score_thr', [0.02, 0.99])
def test_a_heatmap_draws_what_the_page_found(
    score_thr, page, detector, portrait, monkeypatch
):
    result = find_faces(detector, portrait.read_bytes(), score_thr, 0)
    drawn = []
    monkeypatch.setattr(
        heatmap_figure,
        'draw_faces',
        lambda image, faces: drawn.append(faces) or image,
    )
    explain = next(x for x in page.fns.values() if x.name == 'explain')
    fields = {
        'Face': None,
        'Heatmap': 'score',
        'Least score of a face': score_thr,
        'Smallest face (pixels)': 0,
    }
    _, *inputs = explain.inputs
    explain.fn(result, *(fields[x.label] for x in inputs))
    assert drawn == [result.faces]
    assert len(result.faces) != len(next(detector(result.image)).faces)


def test_what_is_said_of_a_heatmap_is_no_html(page, monkeypatch):
    def refuse(*_):
        raise InputError('nothing looks inside of <img src=x>.onnx.')

    monkeypatch.setattr('fer_yolo_mamba.web.photo_tab.explain_face', refuse)
    explain = next(x.fn for x in page.fns.values() if x.name == 'explain')
    with pytest.raises(gr.Error) as shown:
        explain(object(), None, 'score')
    assert 'inside of &lt;img src=x&gt;.onnx' in shown.value.message
