"""A journal of what was looked at when a worker died."""

from fer_yolo_mamba.apis.many.attempts import Attempts


def test_a_picture_that_ends_two_attempts_is_deadly(tmp_path):
    path = tmp_path / 'attempts' / '7'

    def die_at(*numbers):
        attempts = Attempts(path)
        for number in numbers:
            attempts.begin(number)
        return attempts.is_first, [attempts.is_deadly(x) for x in range(4)]

    # The first attempt names none, and the third died of another.
    assert die_at(0, 1, 2) == (True, [False] * 4)
    assert die_at(0, 1, 2) == (False, [False] * 4)
    assert die_at(0, 1) == (False, [False] * 4)
    assert die_at() == (False, [False] * 4)
    assert die_at(0, 1, 2) == (False, [False] * 4)
    with Attempts(path) as attempts:
        assert [attempts.is_deadly(x) for x in range(4)] == [
            *(False, False, True, False)
        ]
    assert not path.exists()
    assert Attempts(path).is_first


def test_a_damaged_journal_names_nothing(tmp_path):
    path = tmp_path / '7'
    path.write_bytes(b'\nbegun 2\n\n\xff\0\nbegun 2')
    attempts = Attempts(path)
    assert [attempts.is_deadly(x) for x in (1, 2)] == [False, True]
