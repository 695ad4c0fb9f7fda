import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """Small tensors gain nothing from threads, and lose much on a busy CPU."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def benchmark_tool(load_tool):
    """The module of tools/analysis/benchmark.py."""
    return load_tool('analysis/benchmark')


@pytest.fixture(scope='session')
def narrow_weights(call_tool, narrow_config, narrow_checkpoint):
    """A weights file of the narrow network."""
    path = narrow_checkpoint.with_name('narrow.safetensors')
    call_tool(
        *('convert_checkpoint', narrow_checkpoint, path),
        *('--config', narrow_config),
    )
    return path
