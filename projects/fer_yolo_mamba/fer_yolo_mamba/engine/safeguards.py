"""What every run is kept from: a diverged loss, a best checkpoint by chance."""

import difflib
import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import torch
import torch.nn as nn
from mmengine.config import Config
from mmengine.dataset import DefaultSampler
from mmengine.dist import all_reduce, get_rank
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from ..errors import InputError
from ..files import write_json
from ..inputs import parse_json

# Names of figures that are the better, the greater.
_GREATER = (*CheckpointHook._default_greater_keys, 'AP', 'recall', 'F1')
_REMEDIES = (
    'lower the rate (optim_wrapper.optimizer.lr), clip the gradients '
    '(optim_wrapper.clip_grad.max_norm=35), leave out --amp, or skip a few '
    'such steps (--skip-nonfinite 10); --resume then goes on from the last '
    'checkpoint, which is as it was, or begins anew where there is none yet'
)
# Of the message hub, which checkpoints keep.
_SKIPPED = 'skipped_steps'


class FiniteHook(Hook):
    """Stops a training whose loss or weights are not finite any more.

    Weights that took in such a loss are lost, and the moving average and the
    next checkpoint would take them in. A gradient may fail where no loss does,
    and the statistics of a norm where neither does, so that all of these are
    looked at, the last before a checkpoint is due. Under a loss scale the
    scaler looks at the gradient, and leaves out the steps in which it overflows
    to lower the scale: they are part of its work.

    The pictures of such a step are named in ``nonfinite_steps.json`` in the
    run's folder.

    Args:
        skip: Steps to leave out, over the whole run, before it stops: neither
            weights nor statistics of norms take anything of them in.
    """

    # Before the moving average.
    priority = 'VERY_HIGH'

    def __init__(self, skip: int = 0) -> None:
        self.skip = skip
        # Of the step under way: the gradient's norm, and why the optimizer
        # was kept from it.
        self._norm: torch.Tensor | None = None
        self._held: str | None = None
        self._buffers: list[torch.Tensor] = []

    def before_train(self, runner: Runner) -> None:
        """Gets between the loss, its gradient and the optimizer."""
        wrapper = runner.optim_wrapper
        parameters = list(runner.model.parameters())
        wrapper.optimizer.register_step_pre_hook(
            lambda optimizer, *_: self._look_at_gradient(optimizer, parameters)
        )
        if self.skip:
            wrapper.update_params = partial(self._update, wrapper.update_params)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Keeps the statistics of norms, which change with the forward pass."""
        self._norm = self._held = None
        if self.skip:
            self._buffers = [x.detach().clone() for x in runner.model.buffers()]

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Looks at each part of the loss, and at the gradient.

        Raises:
            InputError: One is not finite.
        """
        if self._norm is not None and not self._norm.isfinite():
            self._held = 'the gradient is not finite'
        wrong = [
            name
            for name, value in (outputs or {}).items()
            if 'loss' in name and not torch.isfinite(torch.as_tensor(value))
        ]
        if not wrong and self._held is None:
            if any(
                not hook.by_epoch
                and hook.every_n_train_iters(runner, hook.interval)
                for hook in _checkpoint_hooks(runner)
            ):
                require_finite_weights(runner, runner.iter + 1)
            return
        what = self._held
        if wrong:
            # The part that failed says more than the sum of all.
            name = next((part for part in wrong if part != 'loss'), wrong[0])
            value = torch.as_tensor(outputs[name]).detach()
            what = f'{name} is {float(value)}'
        named = _name_pictures(runner, batch_idx, data_batch, what)
        skipped = runner.message_hub.runtime_info.get(_SKIPPED, 0) + 1
        where = f'epoch {runner.epoch + 1}, iteration {runner.iter + 1}: {what}'
        if skipped <= self.skip:
            runner.message_hub.update_info(_SKIPPED, skipped)
            for buffer, kept in zip(
                runner.model.buffers(), self._buffers, strict=True
            ):
                buffer.copy_(kept)
            runner.logger.warning(
                f'Skipped a step, {skipped} of at most {self.skip}, in {where}.'
                f' Its pictures are named in {named}.'
            )
            return
        raise InputError(
            f'the training diverged in {where}. Its pictures are named in '
            f'{named}. Change the settings: {_REMEDIES}.'
        )

    def after_train_epoch(self, runner: Runner) -> None:
        """Looks at the weights.

        Raises:
            InputError: Some are not finite.
        """
        require_finite_weights(runner, runner.iter)

    def _update(self, update: Callable, loss: torch.Tensor, **options) -> None:
        """Hands a loss on to the optimizer if it is finite in all processes."""
        is_finite = torch.isfinite(loss.detach()).all().to(torch.int32)
        all_reduce(is_finite, 'min')
        if is_finite:
            update(loss, **options)
        else:
            self._held = 'the loss of another process is not finite'

    def _look_at_gradient(
        self, optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter]
    ) -> None:
        """Takes it from the optimizer, if it may, where it is not finite."""
        if hasattr(optimizer, 'found_inf'):
            # A loss scaler has looked. It calls fused optimizers even so, which
            # then leave the step out themselves.
            return
        # Clips nothing. A GPU is not waited for before the step is done.
        self._norm = nn.utils.clip_grad_norm_(parameters, math.inf)
        if self.skip and not self._norm.isfinite():
            # An optimizer leaves out parameters without a gradient.
            for parameter in parameters:
                parameter.grad = None


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


def _name_pictures(
    runner: Runner, batch_idx: int, data_batch: object, what: str
) -> Path:
    """Adds a step to the list in the run's folder; returns that file."""
    rank = get_rank()
    name = f'nonfinite_steps{f"_{rank}" if rank else ""}.json'
    path = Path(runner.work_dir) / name
    steps = _steps_so_far(path)
    steps.append(
        dict(
            epoch=runner.epoch + 1,
            iteration=runner.iter + 1,
            what=what,
            pictures=_pictures(runner, batch_idx, data_batch),
        )
    )
    write_json(path, steps)
    return path


def _steps_so_far(path: Path) -> list:
    # What is damaged begins anew: no training shall end for want of its list.
    try:
        steps = parse_json(path.read_text('utf-8'))
    except (OSError, ValueError):
        return []
    return steps if isinstance(steps, list) else []


def _pictures(runner: Runner, batch_idx: int, data_batch: object) -> list[str]:
    """Files of a batch; those that mosaic and mixup add are not known."""
    samples = data_batch.get('data_samples') if data_batch else None
    if isinstance(samples, list):
        paths = [sample.get('img_path') for sample in samples]
        return [path for path in paths if path]
    # mmyolo's yolov5_collate keeps boxes alone. The sampler draws the same
    # order of an epoch again.
    loader = runner.train_dataloader
    if not (
        isinstance(loader.sampler, DefaultSampler)
        and hasattr(loader.dataset, 'get_data_info')
    ):
        return []
    indices = next(islice(loader.batch_sampler, batch_idx, None), [])
    return [loader.dataset.get_data_info(i)['img_path'] for i in indices]
