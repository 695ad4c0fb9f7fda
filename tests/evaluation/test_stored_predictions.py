"""Dumps read back: the figures of the test, and what is refused."""

import json

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation.stored_predictions import StoredPredictions


def image(path='/data/a.jpg', **changes):
    return dict(
        path=path,
        width=9,
        height=9,
        detections=[dict(bbox=[0, 0, 5, 5], score=0.5, label='Sad')],
        ground_truth=[dict(bbox=[0, 0, 6, 6], label='Sad')],
    ) | dict(changes)


def write(path, *images, classes=('Happy', 'Sad')):
    path.write_text(json.dumps(dict(classes=classes, images=images)))
    return path


def test_what_was_written_in_alphabetical_order(tmp_path):
    empty = image('/data/0.jpg', detections=[], ground_truth=[])
    path = write(tmp_path / 'dump.json', image(), empty)
    predictions = StoredPredictions.read(path)
    assert predictions.class_names == ('Happy', 'Sad')
    assert predictions.image_paths == ('/data/0.jpg', '/data/a.jpg')
    nothing, record = predictions.records
    assert nothing.boxes.shape == nothing.gt_boxes.shape == (0, 4)
    assert record.boxes.tolist() == [[0, 0, 5, 5]]
    assert (record.scores, record.labels) == ([0.5], [1])
    assert record.gt_boxes.tolist() == [[0, 0, 6, 6]]
    assert record.gt_labels == [1]
    assert not record.gt_ignored.any()


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (None, 'cannot be read'),
        ('{', 'not JSON'),
        ('[]', 'not a dump'),
        ('{"metrics": {}}', 'not a dump'),
        (dict(classes=['Sad'], images=[]), 'no image'),
        (dict(classes=[], images=[]), 'no image'),
        (dict(classes=['Happy'], images=[image()]), 'Sad'),
        (dict(classes=['Sad'], images=[image(), image()]), 'a.jpg more than'),
        (
            dict(
                classes=['Sad'],
                images=[
                    image(ground_truth=[dict(bbox=[5, 5, 0, 0], label='Sad')])
                ],
            ),
            'ends before it begins',
        ),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path, content, words):
    path = tmp_path / 'dump.json'
    if isinstance(content, str):
        path.write_text(content)
    elif content:
        path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=words) as raised:
        StoredPredictions.read(path)
    assert str(raised.value).startswith(str(path))
    assert '\n' not in str(raised.value)


OTHER_FACE = [dict(bbox=[0, 0, 6, 7], label='Sad')]
OTHER_CLASS = [dict(bbox=[0, 0, 6, 6], label='Happy')]


@pytest.mark.parametrize(
    ('images', 'classes', 'words'),
    [
        ([image()], ('Sad', 'Happy'), 'classes Sad, Happy where'),
        ([image('/data/b.jpg')], ('Happy', 'Sad'), '1 and 1, 0 in both'),
        (
            [image(), image('/data/b.jpg')],
            ('Happy', 'Sad'),
            '2 and 1, 1 in both',
        ),
        ([image(ground_truth=OTHER_FACE)], ('Happy', 'Sad'), 'truth.*a.jpg'),
        ([image(ground_truth=OTHER_CLASS)], ('Happy', 'Sad'), 'truth.*a.jpg'),
        ([image(ground_truth=[])], ('Happy', 'Sad'), 'truth.*a.jpg'),
    ],
)
def test_tests_on_other_faces_are_not_compared(
    tmp_path, images, classes, words
):
    mine = StoredPredictions.read(write(tmp_path / 'a.json', image()))
    other = StoredPredictions.read(
        write(tmp_path / 'b.json', *images, classes=classes)
    )
    with pytest.raises(InputError, match=words):
        mine.require_same_faces(other)
    mine.require_same_faces(mine)


def test_faces_may_be_listed_in_another_order(tmp_path):
    faces = [*OTHER_FACE, *OTHER_CLASS]
    first, second = (
        StoredPredictions.read(write(path, image(folder, ground_truth=truth)))
        for path, folder, truth in (
            (tmp_path / 'a.json', '/x/a.jpg', faces),
            (tmp_path / 'b.json', 'y/z/a.jpg', faces[::-1]),
        )
    )
    first.require_same_faces(second)
