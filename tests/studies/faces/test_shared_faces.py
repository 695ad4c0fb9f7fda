"""How two detectors name the faces that both of them find."""

from fake_detections import face, seen

from fer_yolo_mamba.studies.faces.pictures import predictions_of
from fer_yolo_mamba.studies.faces.shared_faces import SharedFaces

LEFT, RIGHT, BELOW = (0, 0, 10, 10), (20, 0, 30, 10), (0, 20, 10, 30)
KNOWN = [(LEFT, 'Happy'), (RIGHT, 'Sad'), (BELOW, 'Fear')]


def saw(*faces):
    return predictions_of([seen(KNOWN, *faces)])


def test_a_face_that_one_misses_says_nothing():
    ours = saw(face(LEFT, 'Happy'), face(RIGHT, 'Sad'), face(BELOW, 'Fear'))
    theirs = saw(face(LEFT, 'Happy'), face(RIGHT, 'Happy'))
    shared = SharedFaces.of(ours, theirs, (0, 0))
    assert (shared.num_faces, shared.found.both) == (3, 2)
    assert (shared.found.only_first, shared.found.only_second) == (1, 0)
    assert (shared.named.both, shared.named.only_first) == (1, 1)
    page = shared.to_markdown('ours', 'theirs')
    assert 'Both find 2 of 3 faces.' in page
    rows = [line.split() for line in page.splitlines() if '|' in line]
    assert rows[2][1::2] == ['ours', '100.0', '100.0', '1']
    assert rows[3][1::2] == ['theirs', '66.7', '50.0', '0']


def test_faces_that_the_tests_list_in_another_order_are_the_same_faces():
    seen_by_both = face(LEFT, 'Happy')
    ours = predictions_of([seen(KNOWN, seen_by_both)])
    theirs = predictions_of([seen(KNOWN[::-1], seen_by_both)])
    shared = SharedFaces.of(ours, theirs, (0, 0))
    assert (shared.found.both, shared.found.neither) == (1, 2)
    assert shared.named.both == 1


def test_each_has_its_own_threshold():
    faces = [face(LEFT, 'Happy', 0.3), face(RIGHT, 'Sad', 0.6)]
    shared = SharedFaces.of(saw(*faces), saw(*faces), (0.5, 0.2))
    assert shared.found.both == 1
    assert shared.found.only_second == 1


def test_no_face_that_both_find():
    shared = SharedFaces.of(saw(face(LEFT, 'Happy')), saw(), (0, 0))
    assert shared.to_dict()['p_value'] == 1
    assert '–' in shared.to_markdown('ours', 'theirs')
