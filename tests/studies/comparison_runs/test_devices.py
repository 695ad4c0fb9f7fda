"""Which GPUs runs are shared out among."""

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.comparison_runs import choose_devices


@pytest.fixture
def machine(monkeypatch):
    """Lets torch see some GPUs, and the environment name them."""

    def make(gpus, visible):
        monkeypatch.setattr('torch.cuda.device_count', lambda: gpus)
        if visible is None:
            monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
        else:
            monkeypatch.setenv('CUDA_VISIBLE_DEVICES', visible)

    return make


@pytest.mark.parametrize(
    ('gpus', 'visible', 'asked', 'found'),
    [
        (0, None, None, {'cpu': 'cpu'}),
        (0, '', None, {'cpu': 'cpu'}),
        (2, None, None, {'0': 'cuda:0', '1': 'cuda:1'}),
        (2, None, ['1'], {'1': 'cuda:1'}),
        (2, None, ['cpu'], {'cpu': 'cpu'}),
        (2, '5,GPU-8932', None, {'5': 'cuda:0', 'GPU-8932': 'cuda:1'}),
        # The environment names a GPU that is not there, and those after it.
        (1, '0,9', None, {'0': 'cuda:0'}),
    ],
)
def test_devices_and_their_models(gpus, visible, asked, found, machine):
    machine(gpus, visible)
    devices = choose_devices(asked, str)
    assert {device.name: device.model for device in devices} == found


def test_a_device_hides_the_others(machine):
    machine(2, None)
    gpu, cpu = choose_devices(['1', 'cpu'], str)
    assert gpu.environment()['CUDA_VISIBLE_DEVICES'] == '1'
    assert cpu.environment()['CUDA_VISIBLE_DEVICES'] == ''


@pytest.mark.parametrize(
    ('gpus', 'visible', 'asked'),
    [(0, None, '0'), (2, None, '2'), (2, '4,5', '0')],
)
def test_an_absent_gpu_is_an_error(gpus, visible, asked, machine):
    machine(gpus, visible)
    with pytest.raises(InputError, match=f'--devices {asked}'):
        choose_devices([asked], str)
