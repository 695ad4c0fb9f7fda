"""Other versions are a warning, not an assertion."""

import warnings
from importlib import metadata

import pytest

from fer_yolo_mamba.compat import environment


@pytest.mark.parametrize(
    ('found', 'warned'),
    [('2.13.0', False), ('2.13.0+cpu', False), ('2.14.1', True)],
)
def test_a_warning_names_the_tested_version(found, warned, monkeypatch):
    real = metadata.version
    monkeypatch.setattr(
        metadata,
        'version',
        lambda name: found if name == 'torch' else real(name),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        environment.warn_untested()
    messages = [str(warning.message) for warning in caught]
    assert (
        any(
            f'torch {found}' in message and '2.13.0' in message
            for message in messages
        )
        == warned
    )


def test_the_full_mmcv_counts(monkeypatch):
    def only_the_full_one(name):
        if name == 'mmcv':
            return '2.1.0'
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, 'version', only_the_full_one)
    assert environment.found('mmcv-lite') == '2.1.0'
    assert environment.found('mmdet') is None


def test_a_newer_mmcv_passes_the_gates(run_python):
    # mmyolo 0.6 asserts mmcv < 2.1 when it is imported.
    run_python(
        """
        import mmcv
        mmcv.__version__ = '2.2.0'
        import fer_yolo_mamba
        import mmyolo
        assert mmcv.__version__ == '2.2.0'
        """
    )
