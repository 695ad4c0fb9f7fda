"""What ``fer-yolo-mamba predict`` writes of results."""

import weakref

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.apis import FERResult
from fer_yolo_mamba.cli.predict import make_parser
from fer_yolo_mamba.cli.predict_outputs import Outputs
from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.visualization import contact_sheet


def test_what_cannot_be_written_in_the_end_leaves_the_others(tmp_path):
    arguments = ['a.jpg', '--no-pictures', '--csv', f'{tmp_path}/faces.csv']
    sheet = tmp_path / 'sheet.png'
    args = make_parser().parse_args([*arguments, '--sheet', str(sheet)])
    picture = np.zeros((60, 80, 3), np.uint8)
    with pytest.raises(OSError, match=r'faces\.csv'), Outputs(args) as outputs:
        outputs.add(FERResult((), 80, 60, 'a.jpg', image=picture))
        args.csv.mkdir()  # since the start
    assert cv2.imread(str(sheet)) is not None


def test_a_name_of_an_expression_is_no_folder(tmp_path):
    # A class of a stranger's weights file.
    face = Face.of_scores((5, 5, 40, 40), {'Sad/../../../..\\evil': 0.9})
    out = tmp_path / 'deep' / 'out'
    arguments = ['a.jpg', '--no-pictures', '--save-crops', '--out', str(out)]
    picture = np.zeros((60, 80, 3), np.uint8)
    with Outputs(make_parser().parse_args(arguments)) as outputs:
        outputs.add(FERResult((face,), 80, 60, 'a.jpg', image=picture))
    (crop,) = [x for x in tmp_path.rglob('*') if x.is_file()]
    assert crop == out / 'crops' / 'a_1_Sad_.._.._.._.._evil.jpg'


def test_a_sheet_keeps_no_large_picture(tmp_path, monkeypatch):
    pictures = [np.full((60, 640, 3), grey, np.uint8) for grey in (9, 200)]
    expected = contact_sheet(pictures)
    arguments = ['a.jpg', '--no-pictures', '--sheet', f'{tmp_path}/sheet.png']
    args = make_parser().parse_args(arguments)
    with Outputs(args) as outputs:
        while pictures:
            drawn = weakref.ref(pictures[0])
            result = FERResult((), 640, 60, 'a.jpg')
            monkeypatch.setattr(FERResult, 'plot', lambda _: pictures.pop(0))
            outputs.add(result)
            assert drawn() is None
    np.testing.assert_array_equal(cv2.imread(args.sheet), expected)


def test_the_rate_of_a_film_is_that_of_its_frames(tmp_path, capsys):
    arguments = ['film.mp4', '--no-pictures', '--out', str(tmp_path)]
    with Outputs(make_parser().parse_args(arguments)) as outputs:
        for frame, time in enumerate((5, 5.1, 5.5)):
            outputs.add(FERResult((), 80, 60, 'film.mp4', frame, time))
    assert ' frames/s (the film: 4.0)\n' in capsys.readouterr().out


def test_one_film_twice_is_two_and_none_is_on_a_sheet(tmp_path, capsys):
    arguments = ['film.mp4', '--no-pictures', '--sheet', f'{tmp_path}/s.jpg']
    with Outputs(make_parser().parse_args(arguments)) as outputs:
        for frame in (0, 1, 0, 1):
            picture = np.zeros((60, 80, 3), np.uint8)
            outputs.add(
                FERResult((), 80, 60, 'film.mp4', frame, frame / 25, picture)
            )
    printed = capsys.readouterr()
    assert printed.out.count('film.mp4: 2 frames') == 2
    assert 's.jpg is not written: no picture' in printed.err


def test_an_animation_without_a_suffix_is_pictures(tmp_path):
    source = tmp_path / 'moving'
    source.touch()
    args = make_parser().parse_args(['moving', '--out', f'{tmp_path}/out'])
    with Outputs(args) as outputs:
        for frame in (0, 1):
            picture = np.zeros((60, 80, 3), np.uint8)
            outputs.add(
                FERResult((), 80, 60, str(source), frame, frame / 25, picture)
            )
    written = sorted(path.name for path in args.out.iterdir())
    assert written == ['moving_000.jpg', 'moving_001.jpg']
