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
        """Goes on within the epoch, and within the schedule.

        In batches of another size, or in another number of processes, it goes
        on after the same share of the epoch: after the same pictures. A
        schedule in iterations that the config has in epochs goes along.

        Raises:
            InputError: The epoch is shorter than what was done of it.
        """
        loop, meta = runner.train_loop, checkpoint['meta']
        if not (runner._resume and isinstance(loop, EpochBasedTrainLoop)):
            return
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
        saved = checkpoint.get('param_schedulers')
        if type(runner.param_schedulers) is type(saved) is list:
            left = loop.end - meta['iter']
            if loop.by_epoch:
                if told != length:
                    _stretch_schedules(runner, saved, told, length)
                left = (loop.end - meta['epoch']) * length - done
            _tell_of_schedule(runner, saved, left)

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


def _stretch_schedules(
    runner: Runner, saved: list[dict], before: int, now: int
) -> None:
    """Goes on at the same part of schedules that were converted from epochs.

    mmengine counts them in iterations, of which an epoch had ``before`` and
    has ``now``.
    """
    configs = runner.cfg.get('param_scheduler') or []
    configs = [configs] if isinstance(configs, dict) else configs
    for config, scheduler, state in zip(
        configs, runner.param_schedulers, saved, strict=False
    ):
        is_as_many_epochs = state['end'] * now == scheduler.end * before
        if not (config.get('convert_to_iter_based') and is_as_many_epochs):
            continue
        # Rounded down, for a milestone that is ahead to stay so.
        step = state['_global_step'] * now // before
        last_step = min(step, scheduler.end - 1) - scheduler.begin
        state.update(
            scheduler.state_dict(),
            base_values=state['base_values'],
            _last_value=state['_last_value'],
            _global_step=step,
            last_step=max(last_step, -1),
        )


def _tell_of_schedule(runner: Runner, saved: list[dict], left: int) -> None:
    """Warns where a schedule was made for another length of training.

    mmengine goes on with the one of the checkpoint, whatever the config says.

    Args:
        runner: Whose schedules are the config's.
        saved: Those of the checkpoint.
        left: Iterations to the end of the training.
    """
    for scheduler, state in zip(runner.param_schedulers, saved, strict=False):
        if scheduler.by_epoch:
            unit, whole, last = 'epoch', runner.max_epochs, runner.max_epochs
        else:
            unit, whole = 'iteration', runner.max_iters
            last = state['_global_step'] + left
        end = state['end']
        is_for_all = scheduler.end >= whole  # no warm-up
        if not is_for_all or end in (scheduler.end, last):
            continue
        rest = (
            'all that comes later is trained at its last, smallest rate'
            if end < last
            else 'its last, smallest rates are not reached'
        )
        runner.logger.warning(
            f'The schedule of the learning rate goes on as it was: it ends at '
            f'{unit} {end}, the training at {last}, and {rest}. For a schedule '
            'over the whole length begin a new run from these weights: '
            f'--cfg-options load_from={runner._load_from} with another '
            '--work-dir, and without --resume.'
        )
        return
