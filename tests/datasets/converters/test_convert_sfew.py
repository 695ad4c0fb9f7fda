"""SFEW 2.0 with the authors' boxes, split in two ways."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import load, make_sfew, write_image, write_text, zip_folder

from fer_yolo_mamba.datasets.converters import (
    Remark,
    Skipped,
    read_sfew,
    write_voc_set,
)
from fer_yolo_mamba.datasets.converters.records import hold_out
from fer_yolo_mamba.datasets.film_frame import (
    SCENE_SECONDS,
    FilmFrame,
    group_by_scene,
    parse_film_frame,
)
from fer_yolo_mamba.datasets.splits import read_split
from fer_yolo_mamba.errors import InputError


@pytest.mark.parametrize('zipped', [False, True])
def test_images_are_found_by_name_and_labelled_by_the_lists(tmp_path, zipped):
    release, boxes = make_sfew(tmp_path)
    if zipped:
        zip_folder(release / 'Train')
        zip_folder(release / 'Val', keep_name=False)
    out = tmp_path / 'sfew'
    report = write_voc_set(read_sfew(release, boxes), out)
    assert report.images == 8
    assert report.boxes.total() == 8
    assert load(out) == {
        'Film_000100000_00000001': [(3, 1, 2, 10, 12)],
        'Two_Words_010000000_00000001': [(2, 1, 2, 9, 9), (2, 10, 2, 19, 9)],
        '17': [(1, 1, 2, 9, 9)],
    }
    assert load(out, 'val')['Two_Words-020000000__00000001'] == []
    assert not report.left_out_images


def test_the_report_names_what_the_authors_split_shares(tmp_path):
    report = write_voc_set(read_sfew(*make_sfew(tmp_path)), tmp_path / 'sfew')
    assert {r: c.examples for r, c in report.remarks.items()} == {
        Remark.SAME_CLIP: ['Film_000100000_00000009'],
        Remark.SAME_SCENE: [
            'Film_000100000_00000009',
            'Film_000559000_00000001',
        ],
    }
    assert read_split(
        tmp_path / 'sfew/ImageSets/Main/val_leaking.txt',
        tmp_path / 'sfew/Annotations',
    ) == [
        'Film_000100000_00000009',
        'Film_000559000_00000001',
    ]


def test_an_image_that_contradicts_its_folder_is_told(tmp_path):
    release, boxes = make_sfew(tmp_path)
    path = boxes / '2007_train.txt'
    write_text(path, path.read_text().replace('9,9,1', '9,9,0'))
    report = write_voc_set(read_sfew(release, boxes), tmp_path / 'sfew')
    assert report.remarks[Remark.OTHER_FOLDER].examples == ['17 (Disgust)']
    assert load(tmp_path / 'sfew')['17'] == [(0, 1, 2, 9, 9)]


def test_missing_and_doubled_images_are_counted(tmp_path):
    release, boxes = make_sfew(tmp_path)
    next(release.glob('*/Disgust/17.png')).unlink()
    write_image(release / 'Val/Sad/18.jpg')
    report = write_voc_set(read_sfew(release, boxes), tmp_path / 'sfew')
    assert {f: c.examples for f, c in report.left_out_images.items()} == {
        Skipped.NO_IMAGE: ['17'],
        Skipped.SEVERAL_IMAGES: ['18'],
    }


@pytest.mark.parametrize(
    ('line', 'fault'),
    [
        ('17.jpg 1,2,9,9,7', Skipped.UNKNOWN_LABEL),
        ('17.jpg 1,2,9,9,-1', Skipped.UNKNOWN_LABEL),
        ('17.jpg 1,2,9,nine,1', Skipped.BAD_BOX),
        ('17.jpg 30,2,39,9,1', Skipped.NO_AREA),
    ],
)
def test_a_line_at_fault_is_counted(tmp_path, line, fault):
    release, boxes = make_sfew(tmp_path)
    path = boxes / '2007_train.txt'
    write_text(path, f'{path.read_text().rpartition("/")[0]}/{line}\n')
    report = write_voc_set(read_sfew(release, boxes), tmp_path / 'sfew')
    assert report.left_out_images[fault].count == 1


def test_aligned_faces_alone_are_refused(tmp_path):
    release, boxes = make_sfew(tmp_path)
    with pytest.raises(InputError, match='not the aligned'):
        read_sfew(release / 'Train/Train_Aligned_Faces', boxes)
    with pytest.raises(InputError, match='2007_train'):
        read_sfew(release, release)


@pytest.mark.parametrize(
    ('stem', 'frame'),
    [
        ('Film_011409414_00000041', ('film', 4449.414)),
        (
            'A_Film_1_000029301_00000004',
            ('a_film_1', 29.301),
        ),
        ('Film-001817760_00000010', ('film', 1097.76)),
        ('Film_013827920__00000101', ('film', 5907.92)),
        ('21_001703120_00000001', ('21', 1023.12)),
        ('17', None),
        ('Film_123', None),
    ],
)
def test_names_tell_film_and_time(stem, frame):
    found = parse_film_frame(stem)
    assert (found and (found.film, round(found.start, 3))) == frame


def test_a_scene_is_of_one_film_and_five_minutes_long():
    here = FilmFrame('a', 1000.0)
    assert here.shares_scene(FilmFrame('a', 1000.0 + SCENE_SECONDS))
    assert here.shares_scene(FilmFrame('a', 1000.0 - SCENE_SECONDS))
    assert not here.shares_scene(FilmFrame('a', 1000.5 + SCENE_SECONDS))
    assert not here.shares_scene(FilmFrame('b', 1000.0))
    assert here != FilmFrame('a', 1001.0)  # of another clip


stems = st.lists(
    st.one_of(
        st.builds(
            '{}_{:02}{:02}{:02}000_{:08}'.format,
            st.sampled_from(['A', 'a', 'B_1']),
            st.integers(0, 2),
            st.integers(0, 59),
            st.integers(0, 59),
            st.integers(1, 99),
        ),
        st.integers(1, 50).map(str),
    ),
    max_size=40,
    unique=True,
)


@settings(deadline=None)
@given(stems)
def test_no_two_groups_share_a_scene(names):
    groups = group_by_scene(names)
    assert set(groups) == set(names)
    frames = [(parse_film_frame(name), groups[name]) for name in names]
    for frame, group in frames:
        for other, other_group in frames:
            if frame is None or other is None:
                assert (group == other_group) == (frame is other)
            elif frame.shares_scene(other):
                assert group == other_group
            elif frame.film != other.film:
                assert group != other_group


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3)), max_size=200),
    st.floats(0, 1),
    st.integers(0, 3),
)
def test_no_class_exceeds_its_share(groups, fraction, seed):
    counts = {str(i): Counter({c: n}) for i, (c, n) in enumerate(groups)}
    held = hold_out(counts, fraction, seed)
    totals = sum(counts.values(), Counter())
    taken = sum((counts[name] for name in held), Counter())
    for label, total in totals.items():
        wanted = round(total * fraction)
        assert taken[label] <= wanted
        # What is missing is less than the groups that did not fit.
        left = [
            counts[n][label]
            for n in counts
            if n not in held and label in counts[n]
        ]
        assert taken[label] == wanted or wanted - taken[label] < min(left)
    assert held == hold_out(dict(reversed(counts.items())), fraction, seed)


def make_lists(root, films=30, a_film=20):
    """Lists of generated names: frames of every class, four minutes apart."""
    lines = []
    for film in range(films):
        for number in range(a_film):
            minute = number * (4 if number < 10 else 6)
            start = f'{minute // 60:02}{minute % 60:02}00000'
            box = f'1,1,9,9,{(film + number) % 7}'
            lines.append(f'/x/Film{film}_{start}_{number:08}.jpg {box}\n')
    write_text(root / '2007_train.txt', ''.join(lines[::2]))
    write_text(root / '2007_val.txt', ''.join(lines[1::10]))
    return root


def test_the_split_by_clip_is_disjoint_and_balanced(tmp_path):
    boxes = make_lists(tmp_path / 'boxes')
    release = tmp_path / 'SFEW'
    write_image(release / 'Train/Happy/none.png')
    # The images themselves do not matter to the split.
    images = list(read_sfew(release, boxes))
    held = {i.image_id for i in images if 'val_by_clip' in i.splits}
    rest = {i.image_id for i in images if 'train_by_clip' in i.splits}
    assert len(held) + len(rest) == len(images) == 360
    for name in held:
        frame = parse_film_frame(name)
        assert not any(frame.shares_scene(parse_film_frame(o)) for o in rest)
    assert 45 <= len(held) <= 60  # of 360, a sixth like val
    again = read_sfew(release, boxes)
    assert [i.splits for i in again] == [i.splits for i in images]
    other = read_sfew(release, boxes, seed=1)
    assert [i.splits for i in other] != [i.splits for i in images]
