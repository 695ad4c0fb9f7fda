"""Builds the C++ scan where it can; everything else is in setup.cfg."""

import contextlib
import os
import sys
import tempfile
from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70.1
    from wheel.bdist_wheel import bdist_wheel

CSRC = 'projects/fer_yolo_mamba/fer_yolo_mamba/ops/csrc'


class BuildOrLeaveOut(build_ext):
    """Says in one line that an extension was left out, and why.

    The scan has a slower twin in plain PyTorch, so no compiler, or one that is
    too old, is no reason to fail; nor to fill the screen with its words.
    """

    def get_ext_filename(self, fullname):
        """Without a Python's name: it is a library of C functions."""
        path = super().get_ext_filename(fullname)
        suffix = os.path.splitext(path)[1]
        return os.path.join(*fullname.split('.')) + suffix

    def build_extension(self, ext):
        with tempfile.TemporaryFile() as log:
            try:
                with _output_to(log):
                    super().build_extension(ext)
            except Exception as error:
                print(
                    f'fer-yolo-mamba: left out the C++ scan '
                    f'({_first_error(log) or error}); the slower one in plain '
                    f'PyTorch will serve',
                    file=sys.stderr,
                )


class AnyPythonWheel(bdist_wheel):
    """One wheel a platform, for every version of Python."""

    def get_tag(self):
        return 'py3', 'none', super().get_tag()[2]


@contextlib.contextmanager
def _output_to(file):
    """Redirects standard output and error, those of child processes too."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, target in zip(saved, (1, 2), strict=True):
            os.dup2(descriptor, target)
            os.close(descriptor)


def _first_error(log):
    log.seek(0)
    lines = log.read().decode(errors='replace').splitlines()
    return next((line for line in lines if 'error' in line), None)


setup(
    cmdclass={'bdist_wheel': AnyPythonWheel, 'build_ext': BuildOrLeaveOut},
    ext_modules=[
        Extension(
            'fer_yolo_mamba.ops._omni_scan',
            sources=[
                f'{CSRC}/omni_scan.cpp',
                f'{CSRC}/onnx_operator.cpp',
                f'{CSRC}/scan_generic.cpp',
                f'{CSRC}/scan_avx2.cpp',
                f'{CSRC}/scan_avx512.cpp',
            ],
            depends=sorted(glob(f'{CSRC}/*.h')),
            # Contraction to fused multiply-adds is the one liberty allowed:
            # -ffast-math would break the rounding of exp2.
            extra_compile_args=[
                '-O3',
                '-g0',
                '-std=c++17',
                '-ffp-contract=fast',
            ],
            extra_link_args=['-pthread'],
            # Without this an editable install insists on the file.
            optional=True,
        )
    ],
)
