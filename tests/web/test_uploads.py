"""What is uploaded: each request has it, and none leaves it."""

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.web.uploads import new_folder, taken, temporary_folder


@pytest.fixture
def upload():
    """A file where Gradio would put it, and again, as its content is."""
    with temporary_folder():
        path = new_folder() / 'film.mp4'
        path.write_bytes(b'film')
        yield path


def test_the_same_file_for_a_second_request(upload):
    with taken(str(upload)) as first:
        upload.write_bytes(b'film')
        with taken(str(upload)) as second:
            assert first.name == second.name == 'film.mp4'
            assert first.read_bytes() == b'film'
        assert not second.exists() and first.exists()
        upload.write_bytes(b'film')
    assert not first.exists() and upload.exists()


def test_a_file_that_is_gone(upload):
    with taken(str(upload)):
        pass
    with (
        pytest.raises(InputError, match=r'^film\.mp4 .*: upload it again\.$'),
        taken(str(upload)),
    ):
        pass


def test_no_file():
    with pytest.raises(InputError, match='choose a file first'), taken(None):
        pass


def test_where_it_lies_says_nothing_to_a_person(upload):
    with (
        pytest.raises(InputError, match=r'^film\.mp4 is no film'),
        taken(str(upload)) as file,
    ):
        raise InputError(f'{file} is no film: convert it.')
