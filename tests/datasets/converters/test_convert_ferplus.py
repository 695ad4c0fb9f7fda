"""FER+: pictures of the challenge, and the votes about them."""

import csv

import cv2
import numpy as np
import pytest
from releases import (
    FERPLUS,
    load,
    make_fer2013,
    make_ferplus,
    write_ferplus_votes,
    write_text,
    zip_folder,
)

from fer_yolo_mamba.datasets.converters import (
    Remark,
    Skipped,
    read_ferplus,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import CONTEMPT, EXPRESSIONS

ANGER, HAPPY, NEUTRAL, SURPRISE = 0, 3, 4, 6
BOX = (5.04, 0.384, 43.2, 48)


def convert(root, **options):
    out = root.parent / 'out'
    return out, write_voc_set(read_ferplus(root, **options), out)


def votes(out):
    """The rows of `votes.csv`, by id."""
    with (out / 'votes.csv').open(newline='') as file:
        return {
            row.pop('id'): {name: int(n) for name, n in row.items() if n != '0'}
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize('make', [make_ferplus, make_fer2013])
def test_most_votes_are_the_label(tmp_path, make):
    out, report = convert(make(tmp_path / 'in'))
    assert load(out) == {
        'fer0': [(NEUTRAL, *BOX)],
        'fer1': [(NEUTRAL, *BOX)],
    }
    assert load(out, 'val') == {'fer6': [(HAPPY, *BOX)]}
    assert load(out, 'test') == {'fer7': [(SURPRISE, *BOX)]}
    assert {f: c.examples for f, c in report.left_out_images.items()} == {
        Skipped.TIE: ['fer2 (Neutral, Sad)'],
        Skipped.NO_IMAGE: ['row 4'],
        Skipped.UNKNOWN_LABEL: ['fer3 (Contempt)'],
        Skipped.UNNAMED: ['fer4'],
        Skipped.NOT_A_FACE: ['fer5'],
        Skipped.LISTED_BEFORE: ['fer0'],
    }


def test_pictures_of_the_challenge_become_grey_files(tmp_path):
    root = make_fer2013(tmp_path / 'in')
    out, _ = convert(root)
    picture = cv2.imread(out / 'JPEGImages/fer6.png', cv2.IMREAD_UNCHANGED)
    row = (root / 'fer2013.csv').read_text().splitlines()[9]
    np.testing.assert_array_equal(
        picture.ravel(), np.array(row.split(',')[1].split(), int)
    )
    assert picture.shape == (48, 48)


def test_folders_may_be_zipped_and_parts_may_be_missing(tmp_path):
    root = make_ferplus(tmp_path / 'in')
    zip_folder(root / 'FER2013Train')
    zip_folder(root / 'FER2013Valid', keep_name=False)
    zip_folder(root / 'FER2013Test').unlink()
    out, report = convert(root)
    assert set(load(out)) == {'fer0', 'fer1'}
    assert set(load(out, 'val')) == {'fer6'}
    assert report.left_out_images[Skipped.NO_IMAGE].examples == [
        'row 4',
        'fer7',
    ]


def test_single_votes_are_outliers(tmp_path):
    out, _ = convert(make_ferplus(tmp_path / 'in'))
    assert votes(out) == {
        'fer0': {'Neutral': 4, 'Anger': 3, 'Disgust': 2},
        'fer1': {'Neutral': 6, 'Fear': 2},
        'fer6': {'Happy': 9},
        'fer7': {'Surprise': 7, 'Fear': 3},
    }
    header = (out / 'votes.csv').read_text().partition('\n')[0]
    assert header == 'id,' + ','.join(EXPRESSIONS)


@pytest.mark.parametrize('make', [make_ferplus, make_fer2013])
def test_the_label_of_fer2013_may_vote_where_an_annotator_agrees(
    tmp_path, make
):
    out, report = convert(make(tmp_path / 'in'), fer2013_votes=4)
    assert votes(out) == {
        'fer0': {'Neutral': 4, 'Anger': 7, 'Disgust': 2},
        'fer1': {'Neutral': 6, 'Fear': 2, 'Disgust': 5},
        'fer6': {'Happy': 13},
        'fer7': {'Surprise': 11, 'Fear': 3},
    }
    assert report.boxes == {'Neutral': 2, 'Happy': 1, 'Surprise': 1}


def test_contempt_is_a_class_where_it_is_asked_for(tmp_path):
    classes = (*EXPRESSIONS, CONTEMPT)
    out, report = convert(make_ferplus(tmp_path / 'in'), classes=classes)
    assert report.boxes[CONTEMPT] == 1
    assert votes(out)['fer3'] == {'Neutral': 2, 'Contempt': 6}


def test_five_classes_leave_the_others_out(tmp_path):
    classes = ('Happy', 'Neutral', 'Sad', 'Anger', 'Fear')
    out, report = convert(make_ferplus(tmp_path / 'in'), classes=classes)
    assert report.boxes == {'Neutral': 2, 'Happy': 1}
    assert votes(out)['fer0'] == {'Neutral': 4, 'Anger': 3}
    assert report.left_out_images[Skipped.UNKNOWN_LABEL].count == 2


@pytest.mark.parametrize('make', [make_ferplus, make_fer2013])
def test_boxes_come_from_a_detector_that_sees_the_picture_enlarged(
    tmp_path, make
):
    seen = []

    def detect(image):
        seen.append(image.shape)
        return [(40, 32, 152, 176), (0, 0, 9, 9)] * (len(seen) != 2)

    out, report = convert(make(tmp_path / 'in'), detect=detect)
    assert load(out) == {
        'fer0': [(NEUTRAL, 3, 0, 45, 48)],
        'fer1': [(NEUTRAL, *BOX)],
    }
    assert set(seen) == {(192, 192, 3)}
    assert report.remarks[Remark.USUAL_BOX].examples == ['fer1']


def test_a_picture_at_fault_is_counted(tmp_path):
    root = make_fer2013(tmp_path / 'in')
    lines = (root / 'fer2013.csv').read_text().splitlines()
    lines[1] = '0,1 2 3,Training'
    lines[2] = '0,' + '256 ' * 48 * 48 + ',Training'
    write_text(root / 'fer2013.csv', '\n'.join(lines))
    _, report = convert(root)
    assert report.left_out_images[Skipped.UNREADABLE].examples == [
        'fer0',
        'fer1',
    ]


def without_votes(root):
    (root / 'fer2013new.csv').unlink()


def without_labels(root):
    (root / 'fer2013_labels.csv').unlink()


def one_row_less(root):
    make_fer2013(root, FERPLUS[1:])
    write_ferplus_votes(root)


def other_usage(root):
    write_ferplus_votes(root, [('Test', *FERPLUS[0][1:])])


def half_a_vote(root):
    write_ferplus_votes(
        root, [('Training', 'fer0.png', '4.5,0,0,1,3,2,0,0,0,0')]
    )


@pytest.mark.parametrize(
    ('spoil', 'words'),
    [
        (without_votes, 'no fer2013new.csv.*FERPlus'),
        (without_labels, 'fer2013_labels.csv; add'),
        (
            one_row_less,
            "row 8 is 'PublicTest', but 'Training' in fer2013new.csv",
        ),
        (other_usage, "'Test', allowed are Training"),
        (half_a_vote, 'fer0.png has votes'),
    ],
)
def test_a_release_at_fault_is_one_sentence(tmp_path, spoil, words):
    root = make_ferplus(tmp_path / 'in')
    spoil(root)
    with pytest.raises(InputError, match=words):
        convert(root, fer2013_votes=1)


def test_votes_that_were_changed_are_left_alone(tmp_path):
    root = make_ferplus(tmp_path / 'in')
    out, _ = convert(root)
    write_text(out / 'votes.csv', 'mine')
    with pytest.raises(InputError, match=r'votes\.csv: was changed'):
        convert(root)
    assert (out / 'votes.csv').read_text() == 'mine'
