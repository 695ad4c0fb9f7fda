"""The command ``fer-yolo-mamba predict``."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.cli.drawings import is_drawing, write_drawing
from fer_yolo_mamba.visualization import write_image

RNG = np.random.default_rng(0)


@pytest.fixture
def album(tmp_path):
    """A folder with a photograph, one below it, and a broken file."""
    for name in ('a.png', 'below/b.jpg'):
        image = RNG.integers(0, 256, (60, 80, 3), np.uint8)
        write_image(tmp_path / 'album' / name, image)
    (tmp_path / 'album' / 'broken.jpg').write_bytes(b'none')
    (tmp_path / 'album' / 'notes.txt').write_text('no picture')
    return tmp_path / 'album'


@pytest.fixture
def film(tmp_path):
    path = tmp_path / 'film.avi'
    fourcc = cv2.VideoWriter.fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), fourcc, 10, (80, 60))
    for _ in range(6):
        writer.write(RNG.integers(0, 256, (60, 80, 3), np.uint8))
    writer.release()
    return path


@pytest.fixture
def unreadable(monkeypatch):
    """Takes the right to read a path away, also from an administrator."""

    def take(path):
        def refused(call):
            def called(given, *rest):
                if str(given) == str(path):
                    raise PermissionError(13, 'Permission denied', str(given))
                return call(given, *rest)

            return called

        def access(given, mode):
            return str(given) != str(path)

        monkeypatch.setattr(os, 'scandir', refused(os.scandir))
        monkeypatch.setattr(os, 'access', access)

    return take


@pytest.fixture
def predict(fer_yolo_mamba, narrow_config, narrow_checkpoint, tmp_path):
    """Returns status, output and errors."""
    return lambda *words: fer_yolo_mamba(
        *('predict', '--out', tmp_path / 'out', *words),
        *('--config', narrow_config, '--device', 'cpu'),
        *('--weights', narrow_checkpoint, '--score-thr', 0.2),
    )


def test_a_folder_with_a_broken_file(
    album, predict, tmp_path, narrow_config, narrow_checkpoint
):
    table = tmp_path / 'faces.csv'
    status, said, complaint = predict(
        *(album, '--csv', table, '--json', '--save-crops'),
        *('--batch-size', 2, '--sheet', tmp_path / 'sheet.jpg'),
    )
    assert status == 1
    assert len(said.splitlines()) == 2
    assert '1 left out' in complaint
    assert 'broken.jpg cannot be decoded' in complaint
    out = tmp_path / 'out'
    assert {x.name for x in out.iterdir()} == {
        *('a.jpg', 'a.json', 'b.jpg', 'b.json', 'crops')
    }
    assert (tmp_path / 'sheet.jpg').is_file()
    detector = FERDetector(narrow_checkpoint, 'cpu', 0.2, config=narrow_config)
    (expected,) = detector(album / 'a.png')
    record = json.loads((out / 'a.json').read_text())
    assert len(record['faces']) == len(expected) > 0
    for found, face in zip(record['faces'], expected.faces, strict=True):
        np.testing.assert_allclose(found['bbox'], face.bbox, atol=1e-3)
    with table.open(newline='') as file:
        rows = list(csv.DictReader(file))
    of_a = [row for row in rows if row['source'].endswith('a.png')]
    assert [row['expression'] for row in of_a] == [
        face.expression for face in expected.faces
    ]
    assert float(of_a[0]['Happy']) == pytest.approx(
        expected.faces[0].scores['Happy'], abs=1e-4
    )
    assert len(list((out / 'crops').iterdir())) == len(rows)


def test_sizes_take_the_place_of_the_weights_own(
    album, predict, tmp_path, narrow_config, narrow_checkpoint
):
    predict(album / 'a.png', '--json', '--no-pictures', '--sizes', 0.5)
    record = json.loads((tmp_path / 'out' / 'a.json').read_text())
    detector = FERDetector(
        narrow_checkpoint, 'cpu', 0.2, config=narrow_config, sizes=(0.5,)
    )
    (expected,) = detector(album / 'a.png')
    assert [face['score'] for face in record['faces']] == pytest.approx(
        [face.score for face in expected.faces], abs=1e-4
    )
    (other,) = FERDetector(narrow_checkpoint, 'cpu', 0.2, config=narrow_config)(
        album / 'a.png'
    )
    assert len(other) != len(expected) or other.faces != expected.faces


@pytest.mark.parametrize(('every', 'frames'), [(1, 6), (4, 2)])
def test_a_film(every, frames, film, predict, tmp_path):
    status, said, _ = predict(film, '--every', every, '--json')
    assert status == 0
    assert said.startswith(f'{film}: {frames} frames, ')
    capture = cv2.VideoCapture(str(tmp_path / 'out' / 'film.mp4'))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == frames
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(10 / every)
    records = json.loads((tmp_path / 'out' / 'film.json').read_text())
    assert [x['frame'] for x in records] == list(range(0, 6, every))


def test_without_pictures(album, film, predict, tmp_path):
    status, said, _ = predict(album / '*.png', film, '--no-pictures')
    assert status == 0
    assert len(said.splitlines()) == 2
    assert not (tmp_path / 'out').exists()


def test_a_table_without_a_face(album, predict, tmp_path):
    table = tmp_path / 'faces.csv'
    for _ in range(2):  # the second writes over the first one's
        status, _, _ = predict(
            *(album / 'a.png', '--csv', table),
            *('--no-pictures', '--min-face', 1000),
        )
        assert status == 0
    (header,) = table.read_text().splitlines()
    assert header.startswith('source,frame,time,track,x1,')


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['none.jpg'], 'none.jpg does not exist'),
        (['none/*.jpg'], 'no file matches none/'),
        (['97'], 'camera 97 gives no picture'),
        (['a.jpg', '--half'], 'half precision needs a GPU'),
        (['a.jpg', '--every', '0'], '--every: 0 is not a whole number'),
        (['a.jpg', '--min-face', '-1'], '--min-face: -1 is not a number'),
    ],
)
def test_what_cannot_be_is_one_line_and_status_2(arguments, words, predict):
    status, _, complaint = predict(*arguments)
    assert status == 2
    assert words in complaint and complaint.count('\n') == 1


def test_all_that_cannot_be_read_is_named(predict):
    status, _, complaint = predict('none.jpg', 'neither.jpg')
    assert status == 1
    assert '2 left out' in complaint and 'neither.jpg does not' in complaint


def test_what_lies_beside_an_input_stays(album, predict):
    others = {album / 'a.jpg': b'another photograph', album / 'a.json': b'{}'}
    for path, content in others.items():
        path.write_bytes(content)
    status, printed, _ = predict(album / 'a.png', '--json', '--out', album)
    assert status == 0 and 'a_2.jpg' in printed
    assert (album / 'a_2.json').exists()
    for path, content in others.items():
        assert path.read_bytes() == content


def test_a_sheet_among_the_inputs_is_written_again(album, predict):
    arguments = album, '--out', album, '--sheet', album / 'sheet.jpg'
    for _ in range(2):
        status, _, complaint = predict(*arguments)
        assert status == 1 and 'is not written over' not in complaint


def test_what_a_shell_names_is_written_again(album, predict, monkeypatch):
    monkeypatch.chdir(album)
    for out in ('.', 'outputs'):
        for _ in range(2):
            pictures = sorted(x.name for x in album.glob('*.[jp][pn]g'))
            status, _, complaint = predict(
                *pictures, '--out', out, '--sheet', 'sheet.jpg'
            )
            assert status == 1 and 'is not written over' not in complaint
    assert pictures == ['a.jpg', 'a.png', 'broken.jpg', 'sheet.jpg']


def test_what_was_drawn_is_not_looked_at_again(album, predict, monkeypatch):
    monkeypatch.chdir(album)
    drawn = ('.', '--out', 'outputs', '--save-crops')
    _, first, _ = predict(*drawn)
    for named in ('.', '**/*.[jp]*g'):
        _, again, complaint = predict(named, *drawn[1:])
        assert len(again.splitlines()) == len(first.splitlines()) == 2
        assert 'files of an earlier run are left out' in complaint
    # Who takes another folder wants it.
    _, of_itself, _ = predict('outputs/*.jpg', '--no-pictures')
    assert of_itself.startswith('outputs/a.jpg: ')
    status, _, complaint = predict('outputs', '--out', 'outputs')
    assert status == 2
    assert complaint.startswith('error: ') and 'another --out' in complaint


def test_drawings_beside_the_photographs_are_not_looked_at_again(
    album, film, predict, monkeypatch
):
    shutil.move(film, album)
    monkeypatch.chdir(album)
    for _ in range(2):
        # As a shell hands over *.
        named = sorted({x.name for x in album.iterdir() if x.is_file()})
        _, said, complaint = predict(*named, '--out', '.', '--save-crops')
        assert [x.split(':')[0] for x in said.splitlines()] == [
            *('a.png', 'film.avi')
        ]
    # The picture and the film of the first time.
    assert complaint.startswith('files of an earlier run are left out (2)')
    _, said, _ = predict('**/*.jpg', '--out', '.', '--no-pictures')
    assert said.splitlines()[0].startswith('below/b.jpg: ')
    assert len(said.splitlines()) == 1


def test_a_drawing_is_known_by_its_content(album, predict, tmp_path):
    predict(album / 'a.png')
    drawn = tmp_path / 'out/a.jpg'
    assert is_drawing(drawn.rename(tmp_path / 'out/holiday.jpg'))
    assert cv2.imread(str(tmp_path / 'out/holiday.jpg')).shape == (60, 80, 3)
    assert not is_drawing(album / 'below/b.jpg')
    assert not is_drawing(album / 'notes.txt')
    assert not is_drawing(album)
    os.mkfifo(tmp_path / 'pipe')
    assert not is_drawing(tmp_path / 'pipe')


def test_a_drawing_too_large_for_jpeg_is_made_smaller(tmp_path):
    drawn = tmp_path / 'panorama.jpg'
    write_drawing(drawn, np.zeros((2, 66_000, 3), np.uint8))
    assert cv2.imread(str(drawn)).shape == (2, 65_500, 3)
    assert is_drawing(drawn)


def test_a_folder_that_cannot_be_read_is_named(album, predict, unreadable):
    unreadable(album / 'below')
    status, said, complaint = predict(album)
    assert status == 1 and len(said.splitlines()) == 1
    assert f'folder {album}/below cannot be read' in complaint
    status, _, complaint = predict(album / 'below')
    assert status == 2 and 'below cannot be read' in complaint


def test_a_picture_that_cannot_be_read_is_no_damaged_one(
    album, predict, unreadable
):
    unreadable(album / 'a.png')
    status, said, complaint = predict(album / 'a.png', album / 'below')
    assert status == 1 and len(said.splitlines()) == 1
    assert 'a.png cannot be read (Permission denied)' in complaint


def test_a_picture_on_standard_input(album, predict, monkeypatch, tmp_path):
    image = io.BytesIO((album / 'a.png').read_bytes())
    monkeypatch.setattr(sys, 'stdin', io.TextIOWrapper(image))
    status, said, _ = predict('-', '--json')
    assert status == 0 and said.startswith('picture: ')
    predict(album / 'a.png', '--json')
    piped, named = (
        json.loads((tmp_path / 'out' / f'{x}.json').read_text())
        for x in ('picture', 'a')
    )
    assert piped == named | dict(source=None)
    status, _, complaint = predict('/dev/stdin')
    assert status == 2 and 'is empty or at its end' in complaint


def test_an_animation_on_standard_input_is_so_many_pictures(
    predict, monkeypatch, tmp_path
):
    frames = [Image.new('L', (60, 60), grey) for grey in (0, 9)]
    animation = io.BytesIO()
    frames[0].save(animation, 'GIF', save_all=True, append_images=frames[1:])
    animation.seek(0)
    monkeypatch.setattr(sys, 'stdin', io.TextIOWrapper(animation))
    status, _, _ = predict('-')
    assert status == 0
    assert {x.name for x in (tmp_path / 'out').iterdir()} == {
        *('picture_000.jpg', 'picture_001.jpg')
    }


def test_a_sheet_whose_name_is_no_text(album, predict, tmp_path):
    sheet = tmp_path / os.fsdecode(b'\xff.jpg')
    status, _, _ = predict(album / 'a.png', '--sheet', sheet)
    assert status == 0 and sheet.is_file()


def test_the_home_folder_in_quotes(album, predict, monkeypatch):
    monkeypatch.setenv('HOME', str(album))
    status, said, _ = predict('~/*.png', '--no-pictures')
    assert status == 0 and said.startswith(f'{album}/a.png: ')


def test_a_window_needs_a_display(album, predict, monkeypatch):
    for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'QT_QPA_PLATFORM'):
        monkeypatch.delenv(name, raising=False)
    # Qt would end the process, and with it the table that comes last.
    status, _, complaint = predict(album / 'a.png', '--show')
    assert status == 2 and '--show finds no display' in complaint


def test_a_window_shows_what_is_drawn(album, predict, monkeypatch):
    shown = []
    monkeypatch.setattr(
        subprocess, 'run', lambda *_, **__: SimpleNamespace(returncode=0)
    )
    monkeypatch.setattr(cv2, 'imshow', lambda _, picture: shown.append(picture))
    monkeypatch.setattr(cv2, 'waitKey', lambda _: ord('q'))
    status, said, _ = predict(album / 'a.png', album / 'below', '--show')
    # q ends it after the first.
    assert status == 0 and len(said.splitlines()) == len(shown) == 1
    assert shown[0].shape == (60, 80, 3)


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (('--csv', '.'), '. cannot be used'),
        (('--timeline', '.'), '. cannot be used'),
        (('--csv', '/dev/null/faces.csv'), '/dev/null cannot be used'),
        (('--sheet', 'sheet.xyz'), 'end it in .jpg or .png'),
        (
            ('--sheet', 'x.png', '--csv', 'x.png'),
            'would be written twice',
        ),
        (('--timeline', 'faces.pdf'), 'faces.pdf: name a file .png'),
    ],
)
def test_what_cannot_be_written_is_told_at_the_start(
    arguments, words, album, predict
):
    status, said, complaint = predict(album / 'a.png', *arguments)
    assert status == 2 and words in complaint
    assert not said


@pytest.mark.parametrize(
    ('arguments', 'status', 'words'),
    [
        (['--help'], 0, 'predict'),
        (['--version'], 0, '0.'),
        ([], 2, 'required'),
        (['dream'], 2, 'invalid choice'),
        (['predict', '--help'], 0, 'usage: fer-yolo-mamba predict'),
    ],
)
def test_the_command_itself(arguments, status, words, fer_yolo_mamba):
    found, *printed = fer_yolo_mamba(*arguments)
    assert (found or 0) == status
    assert words in ''.join(printed)
