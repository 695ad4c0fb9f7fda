"""The program in C++ of docs/deploy.md, with a native model."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from fer_yolo_mamba.deploy.export_options import ExportOptions, ScanForm
from fer_yolo_mamba.deploy.onnx_export import export_onnx
from fer_yolo_mamba.deploy.onnx_network import OnnxNetwork
from fer_yolo_mamba.ops import cpu

HEADER = 'onnxruntime_cxx_api.h'
# Where Debian's package puts it; CPLUS_INCLUDE_PATH names another place.
COMPILER = ('g++', '-std=c++17', '-I/usr/include/onnxruntime')


@pytest.fixture
def runtime():
    """onnxruntime's library, where a program in C++ can be built on it."""
    if not shutil.which('g++'):
        pytest.skip('g++ is not installed')
    if compiled('-fsyntax-only', '-include', HEADER, '-xc++', '/dev/null'):
        pytest.skip(f'{HEADER} is not installed (libonnxruntime-dev)')
    folder = Path(onnxruntime.__file__).parent / 'capi'
    found = sorted(folder.glob('libonnxruntime.so.*'))
    if not found:
        pytest.skip('onnxruntime came without its library for programs')
    return found[-1]


def compiled(*arguments):
    """What the compiler complains of."""
    command = [*COMPILER, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True).stderr


@pytest.mark.skipif(
    isinstance(cpu.library(), str), reason='the scan library is not built'
)
def test_a_program_says_the_same(
    runtime, build_narrow, describe, repository, tmp_path
):
    model = export_onnx(
        build_narrow(), describe(), ExportOptions(ScanForm.NATIVE)
    )
    path = tmp_path / 'faces_native.onnx'
    path.write_bytes(model.SerializeToString())
    page = (repository / 'docs/deploy.md').read_text()
    program = re.search('```cpp\n(.*?)```', page, re.DOTALL)[1]
    source = tmp_path / 'example.cpp'
    source.write_text(program.replace('320', '64'))
    # By the name that programs look for.
    shutil.copy(runtime, tmp_path / 'libonnxruntime.so.1')
    shutil.copy(cpu.library()._name, tmp_path / '_omni_scan.so')

    complaints = compiled(
        *(source, tmp_path / 'libonnxruntime.so.1', '-o', tmp_path / 'example'),
        '-Wl,-rpath,$ORIGIN',
    )
    assert not complaints
    done = subprocess.run(
        [tmp_path / 'example'], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    boxes, _ = OnnxNetwork(path)(np.zeros((1, 3, 64, 64), np.float32))
    printed = [float(line) for line in done.stdout.split()]
    assert printed == pytest.approx(boxes[0, 0].tolist(), rel=1e-4)
