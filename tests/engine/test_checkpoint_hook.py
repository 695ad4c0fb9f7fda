"""The new checkpoint is safe before an old one goes."""

from types import SimpleNamespace

import pytest
from mmengine.logging import MessageHub, MMLogger

from fer_yolo_mamba.engine import CheckpointHook
from fer_yolo_mamba.engine.run_folder import checksums, latest_checkpoint


class Training:
    """Saves small checkpoints by way of the hook, an epoch at a time."""

    def __init__(self, folder, **options):
        self.folder, self.is_full = folder, False
        self.hook = CheckpointHook(interval=1, **options)
        self.runner = SimpleNamespace(
            epoch=0,
            iter=0,
            max_epochs=9,
            work_dir=str(folder),
            message_hub=MessageHub(str(folder)),
            logger=MMLogger.get_instance('test_checkpoint_hook'),
            save_checkpoint=self.save,
        )
        self.hook.before_train(self.runner)

    def save(self, folder, filename, **options):
        if self.is_full:
            raise OSError(28, 'No space left on device', filename)
        (self.folder / filename).write_text(f'{filename} {self.runner.epoch}')

    def epoch(self, **figures):
        self.hook.after_train_epoch(self.runner)
        self.runner.epoch += 1
        if figures:
            self.hook.after_val_epoch(self.runner, figures)

    def files(self):
        return sorted(path.name for path in self.folder.glob('*.pth'))


def test_the_number_that_is_kept(tmp_path):
    (tmp_path / 'epoch_0.pth').touch()  # not of this run
    (tmp_path / 'interrupted.pth').touch()  # of no use any more
    training = Training(tmp_path, max_keep_ckpts=2)
    for _ in range(3):
        training.epoch()
    kept = ['epoch_2.pth', 'epoch_3.pth']
    assert training.files() == ['epoch_0.pth', *kept]
    assert list(checksums(tmp_path)) == kept
    # A resumed run goes on with those.
    training = Training(tmp_path, max_keep_ckpts=2)
    training.runner.epoch = 3
    training.epoch()
    assert training.files() == ['epoch_0.pth', 'epoch_3.pth', 'epoch_4.pth']


def test_without_a_number_all_are_kept(tmp_path):
    training = Training(tmp_path)
    for _ in range(3):
        training.epoch()
    assert len(training.files()) == 3


def test_a_full_disk_takes_nothing_away(tmp_path):
    training = Training(tmp_path, max_keep_ckpts=1)
    training.epoch()
    training.is_full = True
    with pytest.raises(OSError, match='No space'):
        training.epoch()
    assert training.files() == list(checksums(tmp_path)) == ['epoch_1.pth']
    assert latest_checkpoint(tmp_path).name == 'epoch_1.pth'


@pytest.mark.parametrize('save_best', ['a/mAP', ['a/mAP', 'b/mAP']])
def test_the_best_one_goes_once_there_is_a_better_one(save_best, tmp_path):
    training = Training(
        tmp_path, max_keep_ckpts=1, save_best=save_best, rule='greater'
    )
    best = ['best_a_mAP', 'best_b_mAP'][: 1 if save_best == 'a/mAP' else 2]
    training.epoch(**{'a/mAP': 0.5, 'b/mAP': 0.5})
    first = [f'{name}_epoch_1.pth' for name in best]
    assert training.files() == [*first, 'epoch_1.pth']
    training.epoch(**{'a/mAP': 0.4, 'b/mAP': 0.4})
    assert training.files() == [*first, 'epoch_2.pth']
    training.epoch(**{'a/mAP': 0.7, 'b/mAP': 0.7})
    second = [f'{name}_epoch_3.pth' for name in best]
    assert training.files() == [*second, 'epoch_3.pth']
    training.is_full = True
    with pytest.raises(OSError, match='No space'):
        training.hook.after_val_epoch(
            training.runner, {'a/mAP': 0.8, 'b/mAP': 0.8}
        )
    assert training.files() == [*second, 'epoch_3.pth']
