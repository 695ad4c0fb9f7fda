"""Drawn faces: what is drawn, where the boxes lie, and the folder on disk."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.datasets.drawn_faces import (
    EXPRESSION_ACTIONS,
    FaceParameters,
    FacialActions,
    HeadPose,
    demo_set,
    draw_face,
    draw_scene,
    make_demo_set,
    random_identity,
)
from fer_yolo_mamba.datasets.drawn_faces.canvas import Canvas
from fer_yolo_mamba.datasets.drawn_faces.face import draw_head
from fer_yolo_mamba.datasets.drawn_faces.parameters import BALD
from fer_yolo_mamba.datasets.voc_xml import read_voc_xml
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS

TOOL = 'make_demo_data'
COUNTS = {'train': 4, 'val': 2, 'test': 2}
SMALL = 96


def a_face(expression='Neutral', variant=0, seed=0, **pose):
    rng = np.random.default_rng(seed)
    pose = HeadPose(**{'x': 80, 'y': 75, 'radius': 50} | pose)
    actions = EXPRESSION_ACTIONS[expression][variant]
    return FaceParameters(random_identity(rng), actions, pose)


def drawn(face, size=(160, 160)):
    image = np.full((*size, 3), 128, np.uint8)
    draw_face(face, image)
    return image


def scenes(count, size=160, seed=1):
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        expressions = tuple(rng.permutation(EXPRESSIONS).tolist())[:4]
        yield draw_scene(rng, expressions, size)


def files(folder):
    """Contents of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


def test_a_table_of_actions_for_each_expression():
    assert tuple(EXPRESSION_ACTIONS) == EXPRESSIONS


@pytest.mark.parametrize('expression', EXPRESSIONS)
def test_expressions_differ_from_neutral_where_the_face_moves(expression):
    for variant, _ in enumerate(EXPRESSION_ACTIONS[expression]):
        face = a_face(expression, variant)
        difference = np.abs(
            drawn(face).astype(int) - drawn(a_face('Neutral')).astype(int)
        ).max(axis=2)
        brows_and_eyes, mouth = difference[45:85], difference[85:125]
        if expression == 'Neutral':
            assert difference.max() == 0
        else:
            assert (brows_and_eyes[:, 35:125] > 30).mean() > 0.05
            assert (mouth[:, 35:125] > 30).mean() > 0.02


def test_no_two_expressions_look_alike():
    pictures = {
        (name, k): drawn(a_face(name, k)).astype(int)
        for name, variants in EXPRESSION_ACTIONS.items()
        for k, _ in enumerate(variants)
    }
    for (a, _), first in pictures.items():
        for (b, _), second in pictures.items():
            if a != b:
                changed = np.abs(first - second).max(axis=2) > 30
                assert changed[30:125, 35:125].mean() > 0.03, (a, b)


@pytest.mark.parametrize(
    'pose',
    [
        {},
        {'radius': 30},
        {'roll': 0.4},
        {'yaw': 0.35, 'pitch': -0.1},
        {'roll': -0.3, 'yaw': -0.3, 'pitch': 0.1},
    ],
)
@pytest.mark.parametrize('expression', ['Neutral', 'Surprise'])
def test_boxes_are_tight_around_the_drawn_head(expression, pose):
    face = a_face(expression, **pose)
    # A scarf covers the ears, which the box leaves out.
    scarf = replace(BALD, cloth=True, fall=1.0)
    face = replace(face, identity=replace(face.identity, hair=scarf))
    image = np.full((150, 170, 3), 128, np.uint8)
    pixels = Canvas(
        image, lambda p: face.pose.project(p) - 0.5, face.pose.radius
    )
    draw_head(pixels, face)
    rows, columns = np.nonzero((image != 128).any(axis=2))
    seen = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    # Anti-aliasing tints the pixels beside the edge.
    np.testing.assert_allclose(face.box(), seen, atol=2)


def test_drawing_leaves_the_rest_of_the_picture_alone():
    rng = np.random.default_rng(0)
    before = rng.integers(0, 255, (120, 90, 3), dtype=np.uint8)
    image = before.copy()
    draw_face(a_face(x=30, y=60, radius=14), image)
    assert (image[:25] == before[:25]).all()
    assert (image[:, 60:] == before[:, 60:]).all()
    assert (image != before).any()


@pytest.mark.parametrize('place', [(-30, 40), (95, 40), (40, -30), (40, 200)])
def test_faces_may_leave_the_picture(place):
    x, y = place
    draw_face(a_face(x=x, y=y), np.zeros((80, 64, 3), np.uint8))


def test_actions_vary_around_their_mark():
    rng = np.random.default_rng(0)
    angry = EXPRESSION_ACTIONS['Anger'][0]
    brows = [angry.vary(rng, 0.5).inner_brow for _ in range(200)]
    assert np.mean(brows) == pytest.approx(0.5 * angry.inner_brow, rel=0.05)
    assert np.std(brows) > 0
    assert FacialActions().vary(rng, 1.0) == FacialActions()


def test_scenes_hold_none_to_three_faces_inside_the_picture():
    crowds = Counter()
    for image, faces in scenes(30, seed=3):
        assert image.shape == (160, 160, 3)
        assert image.dtype == np.uint8
        crowds[len(faces)] += 1
        for face in faces:
            x1, y1, x2, y2 = face.bbox
            assert 0 <= x1 < x2 <= 160
            assert 0 <= y1 < y2 <= 160
            assert min(x2 - x1, y2 - y1) > 10
            at_the_edge = min(x1, y1) == 0 or max(x2, y2) == 160
            assert face.truncated == at_the_edge
    assert set(crowds) == {0, 1, 2, 3}


def test_boxes_of_a_scene_do_not_overlap():
    for _, faces in scenes(20):
        boxes = [face.bbox for face in faces]
        for k, (ax1, ay1, ax2, ay2) in enumerate(boxes):
            for bx1, by1, bx2, by2 in boxes[:k]:
                apart_x = ax2 <= bx1 or bx2 <= ax1
                assert apart_x or ay2 <= by1 or by2 <= ay1


def test_a_set_has_the_voc_layout(tmp_path):
    assert make_demo_set(tmp_path / 'demo', COUNTS, size=SMALL)
    listed = {}
    for split, count in COUNTS.items():
        lines = tmp_path / 'demo' / 'ImageSets' / 'Main' / f'{split}.txt'
        listed[split] = lines.read_text().split()
        assert len(listed[split]) == count
        for name in listed[split]:
            image = cv2.imread(
                str(tmp_path / 'demo' / 'JPEGImages' / f'{name}.jpg')
            )
            annotation = read_voc_xml(
                tmp_path / 'demo' / 'Annotations' / f'{name}.xml'
            )
            assert image.shape == (SMALL, SMALL, 3)
            assert annotation.filename == f'{name}.jpg'
            assert (annotation.width, annotation.height) == (SMALL, SMALL)
    assert len(set().union(*listed.values())) == sum(COUNTS.values())
    assert 'drawn' in (tmp_path / 'demo' / 'README.md').read_text()


def test_a_set_is_balanced(tmp_path):
    make_demo_set(
        tmp_path / 'demo', {'train': 70, 'val': 0, 'test': 0}, size=64
    )
    shown = Counter(
        face.name
        for path in (tmp_path / 'demo' / 'Annotations').iterdir()
        for face in read_voc_xml(path).objects
    )
    assert set(shown) == set(EXPRESSIONS)
    assert max(shown.values()) < 1.6 * min(shown.values())


def test_the_seed_alone_determines_a_set(tmp_path):
    for name, seed in (('a', 0), ('b', 0), ('c', 1)):
        make_demo_set(tmp_path / name, COUNTS, seed=seed, size=SMALL)
    first, same, other = (files(tmp_path / name) for name in 'abc')
    assert first == same
    picture = 'JPEGImages/drawn_train_00000.jpg'
    assert first[picture] != other[picture]


def test_a_picture_depends_on_its_own_split_and_number_only(tmp_path):
    make_demo_set(tmp_path / 'a', COUNTS, size=SMALL)
    make_demo_set(tmp_path / 'b', COUNTS | {'train': 2, 'test': 3}, size=SMALL)
    first, second = files(tmp_path / 'a'), files(tmp_path / 'b')
    pictures = [name for name in first if name.endswith(('.jpg', '.xml'))]
    common = [name for name in pictures if name in second]
    assert len(common) == 2 * (2 + 2 + 2)
    assert all(first[name] == second[name] for name in common)
    images = [data for name, data in first.items() if name.endswith('.jpg')]
    assert len(set(images)) == len(images)


def test_several_processes_draw_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_set, '_LEAST_PER_WORKER', 1)
    make_demo_set(tmp_path / 'one', COUNTS, size=SMALL)
    done = []
    make_demo_set(
        tmp_path / 'two',
        COUNTS,
        size=SMALL,
        workers=2,
        progress=lambda *state: done.append(state),
    )
    assert files(tmp_path / 'one') == files(tmp_path / 'two')
    total = sum(COUNTS.values())
    assert done == [(number, total) for number in range(1, total + 1)]


def test_a_finished_set_is_kept(tmp_path):
    make_demo_set(tmp_path, COUNTS, size=SMALL)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob('*')}
    assert not make_demo_set(tmp_path, COUNTS, size=SMALL)
    assert times == {
        path: path.stat().st_mtime_ns for path in tmp_path.rglob('*')
    }


def test_an_interrupted_set_is_drawn_again(tmp_path):
    whole, broken = tmp_path / 'whole', tmp_path / 'broken'
    make_demo_set(whole, COUNTS, size=SMALL)

    def interrupt(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo_set(broken, COUNTS, size=SMALL, progress=interrupt)
    assert len(files(broken)) > 5
    assert make_demo_set(broken, COUNTS, size=SMALL)
    assert files(broken) == files(whole)


def test_a_set_whose_replacement_was_interrupted_is_replaced(
    tmp_path, monkeypatch
):
    make_demo_set(tmp_path / 'new', COUNTS, seed=1, size=SMALL)
    make_demo_set(tmp_path / 'old', COUNTS, seed=0, size=SMALL)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # The new manifest is written, and the old set all there.
        patch.setattr(Path, 'glob', interrupt)
        with pytest.raises(KeyboardInterrupt):
            make_demo_set(tmp_path / 'old', COUNTS, seed=1, size=SMALL)
    assert make_demo_set(tmp_path / 'old', COUNTS, seed=1, size=SMALL)
    assert files(tmp_path / 'old') == files(tmp_path / 'new')


def test_a_damaged_or_different_set_is_replaced(tmp_path):
    make_demo_set(tmp_path, COUNTS, size=SMALL)
    (tmp_path / 'JPEGImages' / 'drawn_val_00001.jpg').unlink()
    assert make_demo_set(tmp_path, COUNTS, size=SMALL)
    shutil.rmtree(tmp_path / 'Annotations')
    assert make_demo_set(tmp_path, COUNTS, size=SMALL)
    fewer = COUNTS | {'train': 1}
    assert make_demo_set(tmp_path, fewer, size=SMALL)
    assert len(list((tmp_path / 'JPEGImages').iterdir())) == 5
    assert len(list((tmp_path / 'Annotations').iterdir())) == 5


def test_other_peoples_folders_are_left_alone(tmp_path):
    (tmp_path / 'JPEGImages').mkdir()
    photograph = tmp_path / 'JPEGImages' / 'drawn_train_00000.jpg'
    photograph.write_bytes(b'mine')
    with pytest.raises(InputError, match='choose another folder'):
        make_demo_set(tmp_path, COUNTS, size=SMALL)
    assert files(tmp_path) == {'JPEGImages/drawn_train_00000.jpg': b'mine'}


@pytest.mark.parametrize(
    ('content', 'out'),
    [
        ('[1, 2]', '.'),
        ('{}', '.'),
        ('no json', '.'),
        ('{}', 'drawn_faces.json'),
    ],
)
def test_a_manifest_of_something_else_is_refused(tmp_path, content, out):
    (tmp_path / 'drawn_faces.json').write_text(content)
    with pytest.raises(InputError, match='choose another folder'):
        make_demo_set(tmp_path / out, COUNTS, size=SMALL)
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    ('counts', 'options', 'message'),
    [
        ({'train': -1}, {}, 'train: -1'),
        ({'train': 100000}, {}, 'train: 100000'),
        ({'train': 0, 'val': 0, 'test': 0}, {}, 'at least one picture'),
        ({'dev': 3}, {}, 'the splits are train, val, test'),
        ({}, {'seed': -1}, 'seed: -1'),
        ({}, {'size': 10}, 'size: 10 pixels'),
        ({}, {'size': 5000}, 'size: 5000 pixels'),
    ],
)
def test_bad_parameters_are_named(tmp_path, counts, options, message):
    with pytest.raises(InputError, match=message):
        make_demo_set(tmp_path / 'demo', COUNTS | counts, **options)
    assert not (tmp_path / 'demo').exists()


def test_the_tool_draws_then_keeps_a_set(tmp_path, outcome_of):
    out = tmp_path / 'demo'
    arguments = ['--out', out, '--size', SMALL, '--seed', 3]
    for split, count in COUNTS.items():
        arguments += [f'--{split}', count]
    assert f'{out} now holds 8 pictures' in outcome_of(TOOL, *arguments)[1]
    manifest = json.loads((out / 'drawn_faces.json').read_text())
    assert manifest['splits'].keys() == COUNTS.keys()  # it is complete
    assert manifest['origin']['counts'] == COUNTS
    assert f'{out} already holds 8 pictures' in outcome_of(TOOL, *arguments)[1]


def test_the_tool_reports_a_fault_in_one_line(tmp_path, refusal):
    (tmp_path / 'thesis.txt').write_text('mine')
    said = refusal(TOOL, '--out', tmp_path)
    assert said.startswith(f'error: {tmp_path}: holds something other')
