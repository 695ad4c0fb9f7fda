"""What a checkpoint's pickle may hold, for our reader and for torch's."""

import zipfile
from collections import Counter

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub

from fer_yolo_mamba.compat.checkpoint_files import read_file


@pytest.fixture(params=[read_file, torch.load])
def save_and_load(request, tmp_path):
    def through_file(content):
        torch.save(content, tmp_path / 'file.pth')
        return request.param(tmp_path / 'file.pth')

    return through_file


def test_log_history(save_and_load, monkeypatch):
    history = HistoryBuffer()
    for value in (1.0, 2.0, 6.0):
        history.update(value)
    hub = MessageHub.get_instance('test_log_history')
    hub.update_info('keep', [np.int64(3)])
    hub.update_scalar('train/loss', 0.5)
    content = dict(history=history, message_hub=hub.state_dict())
    # As in a process that has made no history yet.
    monkeypatch.setattr(HistoryBuffer, '_statistics_methods', {})
    loaded = save_and_load(content)
    assert type(loaded['history']) is HistoryBuffer
    assert loaded['history'].mean() == 3.0
    assert loaded['history'].statistics('max') == 6.0
    scalars = loaded['message_hub']['log_scalars']
    assert scalars['train/loss'].current() == 0.5


@pytest.mark.parametrize(
    'value',
    [
        np.float64(0.5),
        np.float32(0.5),
        np.int64(3),
        np.bool_(True),
        np.arange(3),
        np.float32([1, 2]),
        np.arange(6.0).reshape(2, 3).T,
    ],
    ids=lambda value: f'{type(value).__name__}{value.dtype}{value.shape}',
)
def test_numpy_values(value, save_and_load):
    loaded = save_and_load({'value': value})['value']
    np.testing.assert_array_equal(loaded, value)
    assert loaded.dtype == value.dtype
    # What was read is written as anything else is.
    again = save_and_load({'value': loaded})['value']
    np.testing.assert_array_equal(again, value)


def test_tensors(save_and_load):
    base = torch.arange(24.0)
    content = dict(
        plain=base,
        view=base[4:16].view(3, 4).t(),
        last=torch.rand(1, 3, 4, 4).to(memory_format=torch.channels_last),
        parameter=torch.nn.Parameter(base[:2]),
        empty=torch.zeros(0, 3),
        whole=torch.tensor(3),
        half=torch.rand(3).half(),
        brain=torch.rand(3).bfloat16(),
        flags=torch.tensor([True, False]),
    )
    loaded = save_and_load(content)
    for name, value in content.items():
        assert torch.equal(loaded[name], value), name
        assert loaded[name].stride() == value.stride()
    assert (
        loaded['view'].untyped_storage().data_ptr()
        == loaded['plain'].untyped_storage().data_ptr()
    )


def test_versions_and_milestones(save_and_load):
    state = torch.nn.BatchNorm2d(2).state_dict()
    loaded = save_and_load(dict(state=state, milestones=Counter([3, 3, 5])))
    assert loaded['state']._metadata == state._metadata
    assert loaded['milestones'] == {3: 2, 5: 1}


def test_names_of_older_numpy(tmp_path):
    # Checkpoints of mmyolo's model zoo were written with NumPy 1.
    new, old = tmp_path / 'new.pth', tmp_path / 'old.pth'
    torch.save({'value': np.float64(0.5)}, new)
    with zipfile.ZipFile(new) as source, zipfile.ZipFile(old, 'w') as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(
                name, content.replace(b'cnumpy._core.', b'cnumpy.core.')
            )
    assert read_file(old)['value'] == 0.5
    assert torch.load(old)['value'] == 0.5
