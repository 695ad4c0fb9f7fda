"""What the libraries say of their own code stays unsaid; the rest does not."""

import pytest


def test_importing_and_detecting_is_quiet(run_python):
    printed = run_python(
        """
        import warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('default')
            import fer_yolo_mamba
            import torch
            torch.meshgrid(torch.arange(2), torch.arange(2))
            warnings.warn('something else')
        print([str(warning.message) for warning in caught])
        """
    )
    assert 'something else' in printed
    assert 'pkg_resources' not in printed
    assert 'meshgrid' not in printed


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
