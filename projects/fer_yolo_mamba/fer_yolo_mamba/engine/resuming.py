"""What a run tells its checkpoints and asks of the one it resumes."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import InputError
from .loops import EpochBasedTrainLoop, StopAskedError, stop_asked
from .random_state import random_state


class ResumeHook(Hook):
    """Makes checkpoints those of one run, and resumes where it was.

    Args:
        run_id: Of the run, see :mod:`.run_folder`; None in a folder of an
            earlier version.
    """

    priority = 'VERY_HIGH'

    def __init__(self, run_id: str | None) -> None:
        self.run_id = run_id

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Adds the run's id, the place in the epoch and random numbers."""
        meta = checkpoint['meta']
        if self.run_id:
            meta['run_id'] = self.run_id
        loop = runner.train_loop
        if isinstance(loop, EpochBasedTrainLoop):
            meta['batches_done'] = loop.position(meta['epoch'], meta['iter'])
            meta['epoch_length'] = len(loop.dataloader)
            meta['random_state'] = random_state()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Goes on within the epoch, and tells of a schedule that is over.

        In batches of another size, or in another number of processes, it goes
        on after the same share of the epoch: after the same pictures.

        Raises:
            InputError: The epoch is shorter than what was done of it.
        """
        if not runner._resume:
            return
        loop, meta = runner.train_loop, checkpoint['meta']
        if isinstance(loop, EpochBasedTrainLoop):
            done, length = meta.get('batches_done', 0), len(loop.dataloader)
            # Earlier versions do not tell: as long as now.
            told = meta.get('epoch_length', length)
            if not (type(done) is type(told) is int and 0 <= done <= told):
                raise InputError(
                    f'{runner._load_from} was saved after {done!a:.40} batches '
                    f'of an epoch, which has {told!a:.40}: go on with the '
                    'batch size and the data that it was trained with, or from '
                    'another checkpoint with --resume PATH.'
                )
            done = round(done * length / max(told, 1))
            loop.go_on_within_epoch(done, meta.get('random_state'))
        _tell_of_schedule(runner, checkpoint.get('param_schedulers'))

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: list | None = None,
    ) -> None:
        """Ends a validation where the run is to stop."""
        if stop_asked():
            raise StopAskedError


def _tell_of_schedule(runner: Runner, saved: object) -> None:
    """Warns where a schedule was made for another length of training.

    mmengine goes on with the one of the checkpoint, whatever the config says.
    """
    schedulers = runner.param_schedulers
    if not (isinstance(schedulers, list) and isinstance(saved, list)):
        return
    for scheduler, state in zip(schedulers, saved, strict=False):
        end = state.get('end') if isinstance(state, dict) else None
        if end != scheduler.end:
            unit = 'epoch' if scheduler.by_epoch else 'iteration'
            runner.logger.warning(
                f'The schedule of the learning rate goes on as it was: it ends '
                f'at {unit} {end}, the training at {scheduler.end}, and all '
                'that comes later is trained at its last, smallest rate. For a '
                'schedule over the whole length begin a new run from these '
                f'weights: --cfg-options load_from={runner._load_from} with '
                'another --work-dir, and without --resume.'
            )
            return
