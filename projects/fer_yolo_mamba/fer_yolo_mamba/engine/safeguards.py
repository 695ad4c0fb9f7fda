"""What every run is kept from: a diverged loss, a best checkpoint by chance."""

import difflib
from collections.abc import Sequence

import torch
from mmengine.config import Config
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from ..errors import InputError

# Names of figures that are the better, the greater.
_GREATER = (*CheckpointHook._default_greater_keys, 'AP', 'recall', 'F1')
_REMEDIES = (
    'lower the rate (optim_wrapper.optimizer.lr), clip the gradients '
    '(optim_wrapper.clip_grad.max_norm=35), or leave out --amp; --resume then '
    'goes on from the last checkpoint, which is as it was'
)


class FiniteHook(Hook):
    """Stops a training whose loss or weights are not finite any more.

    Weights that took in such a loss are lost, and the moving average and the
    next checkpoint would take them in. A gradient may fail where no loss does,
    so that weights are looked at, too, before a checkpoint is due: mmengine
    removes the oldest one first.
    """

    # Before the moving average.
    priority = 'VERY_HIGH'

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Looks at each part of the loss.

        Raises:
            InputError: One is not finite.
        """
        wrong = [
            name
            for name, value in (outputs or {}).items()
            if 'loss' in name and not torch.isfinite(torch.as_tensor(value))
        ]
        if not wrong:
            if any(
                not hook.by_epoch
                and hook.every_n_train_iters(runner, hook.interval)
                for hook in _checkpoint_hooks(runner)
            ):
                require_finite_weights(runner, runner.iter + 1)
            return
        if names := _pictures(data_batch):
            runner.logger.error(f'Pictures of this step: {", ".join(names)}')
        # The part that failed says more than the sum of all.
        name = next((part for part in wrong if part != 'loss'), wrong[0])
        raise InputError(
            f'the training diverged in epoch {runner.epoch + 1}, iteration '
            f'{runner.iter + 1}: {name} is {float(outputs[name])}. '
            f'Change the settings: {_REMEDIES}.'
        )

    def after_train_epoch(self, runner: Runner) -> None:
        """Looks at the weights.

        Raises:
            InputError: Some are not finite.
        """
        require_finite_weights(runner, runner.iter)


class BestCheckpointHook(Hook):
    """Settles which figure `save_best` of mmengine's CheckpointHook means.

    Its 'auto' is whatever comes first among the figures; here it is the mean
    AP.
    """

    # Before CheckpointHook.
    priority = 'LOW'

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Hands the name on.

        Raises:
            InputError: There is no such figure.
        """
        for hook in _checkpoint_hooks(runner):
            if not (hook.save_best and metrics):
                continue
            if hook.key_indicators == ['auto']:
                hook._init_rule(['greater'], [_mean_ap(list(metrics))])
            for name in hook.key_indicators:
                if name not in metrics:
                    near = difflib.get_close_matches(name, metrics, 1, 0)
                    raise InputError(
                        f"save_best='{name}' is no figure of the validation: "
                        f"choose another, such as '{near[0]}'."
                    )


def require_finite_weights(runner: Runner, iteration: int) -> None:
    """Refuses weights, or statistics of a norm, that are not finite.

    Args:
        runner: With the model.
        iteration: The last one begun, counted from 1, for the message.

    Raises:
        InputError: Some are not.
    """
    for name, value in runner.model.state_dict().items():
        if not torch.isfinite(value).all():
            raise InputError(
                f'the training diverged in epoch {runner.epoch + 1}, by '
                f'iteration {iteration}: {name} is not finite. '
                f'Change the settings: {_REMEDIES}.'
            )


def greater_is_better(config: Config) -> None:
    """Tells CheckpointHook of the figures of this project that it lacks."""
    hook = config.get('default_hooks', {}).get('checkpoint')
    if hook and hook.get('save_best'):
        hook.setdefault('greater_keys', list(_GREATER))


def _checkpoint_hooks(runner: Runner) -> list[CheckpointHook]:
    return [x for x in runner.hooks if isinstance(x, CheckpointHook)]


def _mean_ap(names: Sequence[str]) -> str:
    for name in names:
        if name.endswith('mAP'):
            return name
    raise InputError(
        "save_best='auto' finds no mAP among the figures of the validation "
        f'({", ".join(names)}): name one of them.'
    )


def _pictures(data_batch: object) -> list[str]:
    """Files of a batch, where it keeps them as mmdet's do."""
    if not isinstance(data_batch, dict):
        return []
    samples = data_batch.get('data_samples')
    if not isinstance(samples, list):  # yolov5_collate's are boxes alone
        return []
    paths = [sample.get('img_path') for sample in samples]
    return [path for path in paths if path]
