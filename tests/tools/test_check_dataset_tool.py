"""The check as a user runs it: printed lines, files, exit status."""

import functools
import shutil

import pytest

TOOL = 'analysis/check_dataset'


@pytest.fixture
def check(outcome_of, monkeypatch, tmp_path):
    """Runs the tool in this process; returns status, output and errors."""
    monkeypatch.chdir(tmp_path)
    return functools.partial(outcome_of, TOOL)


@pytest.fixture
def drawn(tiny_set, tmp_path):
    """A copy of the drawn set, to spoil, in a folder with a space."""
    return shutil.copytree(tiny_set, tmp_path / 'drawn faces')


def test_a_clean_set(check, drawn, tmp_path):
    status, out, err = check(drawn)
    assert status == 0
    assert out.endswith(f'{drawn}: no faults in 16 images\n')
    assert err == ''  # no progress bar in a pipe
    folder = tmp_path / 'outputs' / 'check_drawn faces'
    assert (folder / 'report.md').exists()
    assert (folder / 'report.html').exists()
    assert not list(drawn.rglob('*.checked.txt'))


def test_faults_and_their_correction(check, drawn, tmp_path):
    (drawn / 'JPEGImages/drawn_train_00001.jpg').unlink()
    shutil.copy(
        drawn / 'JPEGImages/drawn_test_00000.jpg',
        drawn / 'JPEGImages/drawn_train_00002.jpg',
    )
    out_folder = tmp_path / 'été'
    status, out, _ = check(drawn, '--fix', '--out', out_folder)
    assert status == 1
    assert '     1  missing image\n' in out
    assert '     1  same file in two splits\n' in out
    assert '2 faults, in 2 of 16 images\n' in out
    assert "change ann_file='ImageSets/Main/train.txt' to " in out
    assert "ann_file='ImageSets/Main/train.checked.txt'" in out
    assert (out_folder / 'report.html').exists()
    listed = drawn / 'ImageSets/Main/train.checked.txt'
    assert len(listed.read_text().split()) == 6

    status, _, _ = check(
        drawn, '--splits', 'train.checked', 'val.checked', 'test.checked'
    )
    assert status == 0


def test_the_classes_are_an_option(check, drawn):
    for path in drawn.glob('Annotations/*.xml'):
        path.write_text(path.read_text().replace('>Sad<', '>contempt<'))
    status, out, _ = check(drawn)
    assert status == 1
    assert 'unknown class' in out
    status, out, _ = check(drawn, '--contempt')
    assert status == 0
    status, _, err = check(drawn, '--classes', 'Happy', 'happy')
    assert status == 2
    assert 'give a list of different names' in err


def test_groups_and_thresholds_are_options(check, drawn):
    same_number = ('--group-pattern', r'drawn_.*_(\d+)')
    status, out, _ = check(drawn, *same_number)
    assert status == 1
    assert '     8  clip or subject in two splits\n' in out
    status, out, _ = check(drawn, '--tiny', '320')
    assert status == 1
    assert 'tiny box' in out


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['{tmp}/nowhere'], ['nowhere', 'train.txt', '--splits']),
        (['{set}', '--splits', 'dev'], ['dev.txt', 'cannot be read']),
        (['{set}', '--splits', 'test', 'test'], ['name each one once']),
        (['{set}', '--near', '999'], ['--near', '999 is not']),
        (['{set}', '--tiny', '-1'], ['--tiny', '-1 is not']),
        (['{set}', '--group-pattern', '('], ['no regular expression']),
        (['{set}', '--sfew-clips'], ['none of the 16 images']),
        (['{set}', '--group-attribute', 'subject'], ['none of the 16']),
        (['{set}', '--detector', '{tmp}/no.onnx'], ['no.onnx', 'model zoo']),
        (['{set}', '--out', '{tmp}/a file'], ['a file', 'name another']),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    refusal, drawn, tmp_path, arguments, words, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'a file').write_text('')
    places = dict(set=drawn, tmp=tmp_path)
    message = refusal(TOOL, *(word.format(**places) for word in arguments))
    for word in words:
        assert word in message


def test_a_set_that_cannot_be_written_to(refusal, drawn, tmp_path):
    (drawn / 'ImageSets/Main/train.checked.txt').mkdir()
    said = refusal(TOOL, drawn, '--fix', '--out', tmp_path / 'out')
    assert 'train.checked.txt: cannot be written' in said
