"""What is imported when, and that everything is registered all the same."""

import doctest

import pytest
from matplotlib.cbook import get_sample_data

import fer_yolo_mamba
from fer_yolo_mamba.apis import detector


def test_a_photograph_needs_no_openmmlab(run_python):
    """Not even torch before a network is loaded that needs it."""
    printed = run_python(
        """
        import sys
        import numpy as np

        def loaded(*names):
            return [name for name in names if name in sys.modules]

        import fer_yolo_mamba
        print(loaded('fer_yolo_mamba.apis', 'torch'))
        from fer_yolo_mamba import FERDetector
        print(loaded('torch', 'matplotlib', 'pandas', 'scipy', 'rich'))
        list(FERDetector(device='cpu')(np.zeros((40, 60, 3), np.uint8)))
        print(loaded('mmengine', 'mmcv', 'torch._dynamo', 'sympy', 'triton'))
        import mmdet
        from mmyolo.registry import MODELS
        print(MODELS.get('FERYOLOVSS').__name__, mmdet.__spec__.name)
        """
    )
    assert printed.splitlines() == ['[]', '[]', '[]', 'FERYOLOVSS mmdet']


@pytest.mark.parametrize(
    'first',
    [
        'import mmengine',
        'from mmcv.cnn import ConvModule',
        'import mmengine.runner',
        'from fer_yolo_mamba.compat.checkpoint_files import read_file',
    ],
)
def test_the_order_of_imports_does_not_matter(first, run_python):
    printed = run_python(
        f"""
        {first}
        import fer_yolo_mamba
        from mmyolo.registry import DATASETS, HOOKS
        from mmengine.registry import FUNCTIONS
        print(HOOKS.get('PerClassF1Hook').__name__)
        print(DATASETS.get('FaceMixture').__name__)
        print(FUNCTIONS.get('seed_worker').__name__)
        """
    )
    assert printed.split() == ['PerClassF1Hook', 'FaceMixture', 'seed_worker']


@pytest.mark.parametrize(
    'object', [fer_yolo_mamba, detector.FERDetector], ids=lambda x: x.__name__
)
def test_the_first_examples_are_true(object, tmp_path, monkeypatch):
    portrait = get_sample_data('grace_hopper.jpg', asfileobj=False)
    (tmp_path / 'photo.jpg').symlink_to(portrait)
    monkeypatch.chdir(tmp_path)
    (example, *_) = doctest.DocTestFinder(recurse=False).find(
        object, globs=dict(FERDetector=detector.FERDetector)
    )
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
    assert outcome.attempted and not outcome.failed
