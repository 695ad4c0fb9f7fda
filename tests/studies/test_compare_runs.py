"""Many runs: their order, what they leave, failures, and going on."""

import json
import os
import signal
import threading
import time

import pytest

from fer_yolo_mamba.engine.run_folder import locked
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.local_scheduler import choose_devices


def read_record(tmp_path, name='tiny', seed=0):
    path = tmp_path / f'runs/{name}/seed_{seed}/run.json'
    return json.loads(path.read_text())


def test_every_config_is_trained_and_tested_with_every_seed(
    write_config, compare, done
):
    states, printed = compare(
        write_config('a', epochs=1), write_config('b', epochs=1), seeds=(0, 3)
    )
    assert list(states) == ['a seed 0', 'a seed 3', 'b seed 0', 'b seed 3']
    assert set(states.values()) == {'done'}
    assert done() == [
        f'{name} {seed} {what} []'
        for name in 'ab'
        for seed in (0, 3)
        for what in ('epoch 1', 'test')
    ]
    assert [line for line in printed.splitlines() if 'a seed 3' in line] == [
        'a seed 3: training',
        'a seed 3: testing',
        'a seed 3: done, mean_ap % 40.00, avg_f1 0.200',
    ]


def test_the_epoch_is_told_while_training(write_config, compare):
    _, printed = compare(write_config(fake=dict(seconds=0.7), epochs=2))
    assert 'tiny seed 0: training epoch 1/2\n' in printed
    assert 'tiny seed 0: training epoch 2/2\n' in printed


def test_a_run_folder_describes_itself(write_config, compare, tmp_path):
    config = write_config()
    compare(config, seeds=(1,), options=('optimizer.lr=0.5',))
    record = read_record(tmp_path, seed=1)
    assert record['config'] == config
    assert record['options'] == ['optimizer.lr=0.5']
    assert (record['seed'], record['epochs']) == (1, 2)
    assert record['device'] == 'model cpu'
    assert record['versions'].keys() >= {'Python', 'torch', 'mmdet'}
    assert record['started'] <= record['trained'] <= record['finished']
    assert record['metrics']['fer']['classes']['Happy']['ap'] == 0.2
    assert len(record['config_hash']) == len(record['data_hash']) == 64


# What a kill can leave: epochs saved, stage recorded, metrics written.
KILLED = {
    'before the first checkpoint': (0, 'started', False),
    'between two checkpoints': (1, 'started', False),
    'after the last checkpoint': (3, 'started', False),
    'before the test': (3, 'trained', False),
    'after the test': (3, 'trained', True),
}


@pytest.mark.parametrize(
    ('epochs', 'stage', 'tested'), KILLED.values(), ids=KILLED
)
def test_a_killed_run_goes_on(
    epochs, stage, tested, write_config, compare, done, tmp_path
):
    config = write_config(epochs=3)
    compare(config)
    folder = tmp_path / 'runs/tiny/seed_0'
    for epoch in range(epochs + 1, 4):
        (folder / f'epoch_{epoch}.pth').unlink()
    record = read_record(tmp_path)
    stages = ('started', 'trained', 'finished', 'metrics')
    for later in stages[stages.index(stage) + 1 :]:
        record[later] = None
    (folder / 'run.json').write_text(json.dumps(record))
    if not tested:
        (folder / 'test/metrics.json').unlink()
    before = len(done())

    states, _ = compare(config)
    assert states == {'tiny seed 0': 'done'}
    assert done()[before:] == [
        *(f'tiny 0 epoch {epoch} []' for epoch in range(epochs + 1, 4)),
        'tiny 0 test []',
    ]
    if epochs:
        assert read_record(tmp_path)['started'] == record['started']


def test_finished_runs_are_not_repeated(write_config, compare, done):
    config = write_config()
    compare(config)
    before = done()
    states, printed = compare(config, seeds=(0, 1))
    assert states == {'tiny seed 0': 'done', 'tiny seed 1': 'done'}
    assert printed.startswith('tiny seed 0: done, mean_ap % 10.00')
    assert all(line.startswith('tiny 1 ') for line in done()[len(before) :])


def test_a_failure_leaves_the_other_runs_alone(
    write_config, compare, tmp_path, done
):
    (tmp_path / 'broken.py').write_text('model = undefined')
    (tmp_path / 'no_class.py').write_text(
        "custom_imports = dict(imports=['fer_yolo_mamba'])\n"
        "train_dataloader = dict(dataset=dict(type='NoSuchSet'))\n"
    )
    failing = write_config('failing', dict(fails_with_seed='0'))
    no_metrics = write_config('no_metrics', dict(reports={}))
    states, printed = compare(
        str(tmp_path / 'broken.py'),
        str(tmp_path / 'no_class.py'),
        failing,
        no_metrics,
        seeds=(0, 1),
    )
    assert 'NameError' in states['broken seed 0']
    assert 'NoSuchSet' in states['no_class seed 0']
    assert states['failing seed 0'].startswith(
        'failed: MemoryError: too large (exit status 1, '
    )
    assert states['failing seed 1'] == 'done'
    assert 'FERMetric' in states['no_metrics seed 1']
    assert 'failing seed 0: failed: MemoryError: too large' in printed

    # Mended, the run is carried out, whatever the first start left.
    write_config('failing')
    states, _ = compare(failing)
    assert states == {'failing seed 0': 'done'}
    assert done()[-1] == 'failing 0 test []'


def test_a_tool_that_is_killed_is_a_failure(write_config, compare):
    states, _ = compare(write_config(fake=dict(killed=True)))
    assert states['tiny seed 0'].startswith(
        'failed: it printed nothing (killed by SIGKILL, '
    )


def test_each_device_has_one_run_at_a_time(write_config, compare, done):
    config = write_config(fake=dict(seconds=0.4), epochs=1)
    start = time.monotonic()
    compare(config, seeds=(0, 1, 2, 3), devices=('0', '1'))
    assert time.monotonic() - start < 4 * 0.9
    device_of = {line[:6]: line[-3:] for line in done()}
    assert sorted(device_of.values()) == ['[0]', '[0]', '[1]', '[1]']


@pytest.fixture
def interruptible():
    """Ctrl-C counts, also where the tests run in a shell's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_stops_the_tools_and_can_be_resumed(
    write_config, compare, tmp_path, interruptible
):
    config = write_config(fake=dict(seconds=0.3), epochs=5)
    checkpoint = tmp_path / 'runs/tiny/seed_0/epoch_1.pth'

    def interrupt():
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if checkpoint.exists():
                os.kill(os.getpid(), signal.SIGINT)
                return
            time.sleep(0.02)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        compare(config, seeds=(0, 1))
    left = len(list(checkpoint.parent.glob('*.pth')))
    assert 1 <= left < 5
    time.sleep(0.4)
    assert len(list(checkpoint.parent.glob('*.pth'))) == left
    assert '| waiting |' in (tmp_path / 'runs/summary.md').read_text()

    write_config(fake=dict(seconds=0.3), epochs=6)
    with pytest.raises(InputError, match='another config'):
        compare(config)
    write_config(fake=dict(seconds=0.3), epochs=5)
    states, _ = compare(config)
    assert states == {'tiny seed 0': 'done'}


def test_two_comparisons_at_once_are_refused(write_config, compare, tmp_path):
    config = write_config(fake=dict(seconds=1), epochs=1)
    first = threading.Thread(target=compare, args=(config,))
    first.start()
    deadline = time.monotonic() + 20
    while not (tmp_path / 'runs/tiny/seed_0/run.json').exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with pytest.raises(InputError, match='another comparison is at work'):
        compare(config)
    first.join()


def test_a_training_of_an_earlier_start_is_waited_for(
    write_config, compare, done, tmp_path, monkeypatch
):
    monkeypatch.setattr('fer_yolo_mamba.engine.run_folder._PATIENCE', 0.0)
    config = write_config()
    printed = []
    second = threading.Thread(target=lambda: printed.append(compare(config)))
    # Its comparison was killed; it works on.
    with locked(tmp_path / 'runs/tiny/seed_0'):
        second.start()
        time.sleep(2)
        assert done() == []
    second.join(20)
    [(states, lines)] = printed
    assert states == {'tiny seed 0': 'done'}
    assert lines.startswith('tiny seed 0: waiting for a training of an earlier')


def test_two_runs_of_one_folder_are_refused(write_config, compare):
    config = write_config()
    with pytest.raises(InputError, match='second run in'):
        compare(config, config)


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
