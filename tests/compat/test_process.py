"""What the libraries say of their own code stays unsaid; the rest does not."""

import os
import subprocess
import sys

import pytest


def test_importing_and_detecting_is_quiet(run_python):
    printed = run_python(
        """
        import io, warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('default')
            import fer_yolo_mamba
            import torch
            torch.meshgrid(torch.arange(2), torch.arange(2))
            from PIL import Image
            Image.MAX_IMAGE_PIXELS = 5
            Image.new('1', (2, 3)).save(large := io.BytesIO(), 'PNG')
            Image.open(large)
            warnings.warn('something else')
        print([str(warning.message) for warning in caught])
        """
    )
    assert 'something else' in printed
    assert 'pkg_resources' not in printed
    assert 'meshgrid' not in printed
    assert 'exceeds limit' not in printed


@pytest.mark.parametrize(
    'backend', ['module://not_installed.backend_inline', 'inline', 'TkAgg']
)
def test_plots_need_no_backend_of_a_notebook(backend, run_python, monkeypatch):
    monkeypatch.setenv('MPLBACKEND', backend)
    printed = run_python(
        """
        from mmengine.config import Config  # as tools import it
        import fer_yolo_mamba.cli
        from matplotlib.figure import Figure
        from fer_yolo_mamba.visualization import figure_png
        print(figure_png(Figure())[1:4])
        """
    )
    assert "b'PNG'" in printed


def test_opencv_without_the_systems_libraries(tmp_path, repository):
    (tmp_path / 'cv2.py').write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file')"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get('PYTHONPATH', '')])
    for tool in ('predict', 'train'):
        finished = subprocess.run(
            [sys.executable, repository / f'tools/{tool}.py', '--help'],
            capture_output=True,
            text=True,
            env={**os.environ, 'PYTHONPATH': path},
        )
        assert finished.returncode == 2
        (line,) = finished.stderr.splitlines()
        assert line.startswith('error: OpenCV cannot be loaded (libGL.so.1')
        assert 'opencv-python-headless' in line
