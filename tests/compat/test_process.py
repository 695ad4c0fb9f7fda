"""What the libraries say of their own code stays unsaid; the rest does not."""


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
