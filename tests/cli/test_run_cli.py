"""How tools report bad input."""

import argparse
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.printing import progress_bar
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import OutputPath, write_atomically


def run(error, *arguments):
    def main(args):
        if error is not None:
            raise error

    with pytest.raises(SystemExit) as ended:
        run_cli(argparse.ArgumentParser(), main, list(arguments))
    return ended.value.code


@pytest.mark.parametrize(
    ('error', 'line'),
    [
        (InputError('file x is missing: make it.'), 'file x is missing: '),
        (
            # As a data loader's worker hands it over.
            InputError(
                'Caught InputError in DataLoader worker process 0.\n'
                'Original Traceback (most recent call last):\n'
                '  File "x.py", line 1, in y\n'
                'fer_yolo_mamba.errors.InputError: x.jpg is damaged: mend it.'
            ),
            'x.jpg is damaged: mend it.',
        ),
        (
            PermissionError(13, 'Permission denied', '/x.png'),
            '/x.png cannot be used (Permission denied): name another file',
        ),
    ],
)
def test_bad_input_is_one_line_and_status_2(error, line, capsys):
    assert run(error) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f'error: {line}')
    assert printed.count('\n') == 1


@pytest.mark.parametrize(
    ('arguments', 'line'),
    [
        ((), 'warning: the film ends early: copy it.\n'),
        (('--debug',), 'film.py:7: UserWarning: the film ends early: copy it.'),
    ],
)
def test_a_warning_has_no_place(arguments, line, capsys):
    def main(args):
        said = 'the film ends early: copy it.', UserWarning, 'film.py', 7
        print(warnings.formatwarning(*said), end='')

    run_cli(argparse.ArgumentParser(), main, arguments)
    assert capsys.readouterr().out.startswith(line)


def test_names_that_are_no_text_are_printed_with_escapes(capsys):
    run_cli(argparse.ArgumentParser(), lambda args: print('ü \udcff.jpg'), [])
    assert capsys.readouterr().out == 'ü \\udcff.jpg\n'


@pytest.mark.parametrize('kind', [str, Path, OutputPath])
def test_the_home_folder_behind_an_equals_sign(kind, monkeypatch):
    monkeypatch.setenv('HOME', '/home/me')
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', type=kind)
    taken = []
    run_cli(parser, lambda args: taken.append(args.out), ['--out=~/faces'])
    assert taken == [kind('/home/me/faces')]


@pytest.mark.parametrize('kind', [str, Path])
def test_a_file_that_is_no_output_is_kept(kind, tmp_path, capsys):
    photo = tmp_path / 'photo.jpg'
    photo.write_bytes(b'pixels')
    table = tmp_path / 'faces.csv'
    table.write_text('rows of before')

    def write(out):
        parser = argparse.ArgumentParser()
        parser.add_argument('photos', nargs='+', type=kind)
        parser.add_argument('--table', type=OutputPath)
        arguments = [str(photo), f'--table={out}']
        run_cli(
            parser, lambda args: write_atomically(args.table, 'rows'), arguments
        )

    write(table)
    assert table.read_text() == 'rows'
    with pytest.raises(SystemExit):
        write(photo)
    assert 'photo.jpg is an input' in capsys.readouterr().err
    assert photo.read_bytes() == b'pixels'


def test_debug_lets_the_error_through():
    with pytest.raises(InputError):
        run_cli(
            argparse.ArgumentParser(),
            lambda args: (_ for _ in ()).throw(InputError('x')),
            ['--debug'],
        )


PRINTS_LINES = """
import argparse
from fer_yolo_mamba.cli import run_cli
run_cli(
    argparse.ArgumentParser(),
    lambda args: [print(n) for n in range({count})],
    [],
)
"""


# The interpreter itself writes few lines when it ends, many in between.
@pytest.mark.parametrize('count', [10, 100_000])
def test_a_reader_that_ends_first_ends_the_tool_without_a_word(count):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, '-c', PRINTS_LINES.format(count=count)],
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b'')


@pytest.mark.parametrize('count', [10, 100_000])
def test_an_output_without_room_is_one_line(count):
    with open('/dev/full', 'w') as full:
        ended = subprocess.run(
            [sys.executable, '-c', PRINTS_LINES.format(count=count)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    line = 'error: the output cannot be written (No space left on device).\n'
    assert (ended.returncode, ended.stderr) == (2, line)


def test_a_tool_needs_no_output():
    closed = ['sh', '-c', '"$0" -c "$1" >&-', sys.executable]
    ended = subprocess.run(
        [*closed, PRINTS_LINES.format(count=10)], stderr=subprocess.PIPE
    )
    assert (ended.returncode, ended.stderr) == (0, b'')


def test_a_bar_leaves_a_redirected_output_alone(capsys, monkeypatch):
    monkeypatch.setenv('FORCE_COLOR', '1')  # as on a terminal
    with progress_bar('looking') as progress:
        progress(1, 2)
        print('photo.jpg: Happy 0.98')
    printed = capsys.readouterr()
    assert printed.out == 'photo.jpg: Happy 0.98\n'
    assert 'looking' in printed.err


@pytest.mark.parametrize('error', [ZeroDivisionError(), BrokenPipeError()])
def test_other_errors_keep_their_traceback(error):
    def main(args):
        raise error

    with pytest.raises(type(error)):
        run_cli(argparse.ArgumentParser(), main, [])


def test_a_command_without_a_verb_names_them_all(fer_yolo_mamba):
    status, _, errors = fer_yolo_mamba()
    assert status == 2
    assert 'a verb is required: predict, predict-many, web, export' in errors
