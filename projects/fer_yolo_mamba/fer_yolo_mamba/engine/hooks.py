"""Hooks of the training and evaluation loops."""

from pathlib import Path

import torch
from mmengine.dataset import Compose
from mmengine.dist import master_only
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmyolo.registry import HOOKS
from torch.utils.data import Dataset

from ..errors import InputError
from ..evaluation import (
    fer_metrics,
    forget_validations,
    write_metric_files,
)
from .seeds import parts_of, wrapped_in


@HOOKS.register_module()
class PerClassF1Hook(Hook):
    """Logs each class's F1 beside its best so far, and keeps all figures.

    Example::

        custom_hooks = [dict(type='PerClassF1Hook')]

    After every validation and test epoch, in the main process:

    - logs, in a training, F1 now, the best F1 of this run and its epoch;
    - writes ``metrics.json``, the latest metrics, and ``metrics.csv``, one
      row a class and one named ``average`` for every epoch, into the work
      directory. A resumed training continues the table; see
      :func:`.metric_files.write_metric_files`.

    The figures are those of the evaluator's ``FERMetric``, or of several with
    a prefix each.

    It sends nothing to visualisation backends: mmengine's ``LoggerHook``,
    one of the runner's default hooks, already sends every value of a
    validation once, and writes those of a test to the log directory.
    """

    # After LoggerHook, so that the table follows the summary line.
    priority = 'LOW'

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Forgets validations that this training makes anew.

        Raises:
            InputError: The table is another program's: now, and not hours
                later.
        """
        table = Path(runner.work_dir) / 'metrics.csv'
        forget_validations(table, _finished(runner))

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Log and write the metrics of a validation."""
        self._keep(runner, runner.val_evaluator, metrics or {}, 'val')

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Log and write the metrics of a test."""
        self._keep(runner, runner.test_evaluator, metrics or {}, 'test')

    @master_only
    def _keep(
        self,
        runner: Runner,
        evaluator: Evaluator,
        metrics: dict[str, float],
        split: str,
    ) -> None:
        reports = {
            prefix: metric.report
            for prefix, metric in fer_metrics(evaluator).items()
        }
        epoch = _finished(runner)
        stem = Path(runner.work_dir) / 'metrics'
        history = [
            row
            for row in write_metric_files(stem, reports, metrics, split, epoch)
            if row['split'] == split
        ]
        if not reports:
            runner.logger.warning(
                'PerClassF1Hook found no FERMetric in the evaluator; use '
                "val_evaluator = dict(type='FERMetric')."
            )
        elif epoch is not None:
            now = [row for row in history if row['epoch'] == str(epoch)]
            unit = 'epoch' if _counts_epochs(runner) else 'iteration'
            runner.logger.info(
                f'F1 by class: {_beside_best(now, history, unit)}'
            )


@HOOKS.register_module()
class ModeSwitchHook(Hook):
    """Ends mosaic and mixup for the last epochs, as YOLOX does.

    A head that has a further L1 loss for them, as YOLOX's has, uses it.

    mmyolo's ``YOLOXModeSwitchHook`` acts at one epoch alone, so a run resumed
    later never switches, and it builds a data loader without the run's seed.
    This one looks at the epoch each time and only changes the pipeline.

    Args:
        num_last_epochs: Epochs at the end without mosaic and mixup (YOLOX,
            arXiv 2107.08430, Section 2: the last 15); passes over the set in a
            training that counts iterations.
        new_train_pipeline: Transforms of these epochs, for every data set
            that the one of the training consists of; by default the pictures
            stay what they are, as those of a ``FaceMixture``, and only the
            losses change.
    """

    def __init__(
        self,
        num_last_epochs: int,
        new_train_pipeline: list[dict] | None = None,
    ) -> None:
        self.num_last_epochs = num_last_epochs
        self.new_train_pipeline = new_train_pipeline
        self.switched = False

    def before_train(self, runner: Runner) -> None:
        """Looks for the pipelines, before epochs have gone by.

        Raises:
            InputError: A part of the training's data set has none.
        """
        if self.new_train_pipeline is not None:
            _with_pipelines(runner.train_dataloader.dataset)

    def before_train_epoch(self, runner: Runner) -> None:
        """Switches at the first epoch that belongs to the last ones."""
        if (
            self.switched
            or runner.epoch < runner.max_epochs - self.num_last_epochs
        ):
            return
        self.switched = True
        if self.new_train_pipeline is not None:
            loader = runner.train_dataloader
            for part in _with_pipelines(loader.dataset):
                part.pipeline = Compose(self.new_train_pipeline)
            # Workers that outlive an epoch have the old ones: new workers.
            loader._iterator = None
            runner.logger.info(
                f'Epoch {runner.epoch + 1}: from here to the end without '
                'mosaic and mixup.'
            )
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        if hasattr(model.bbox_head, 'use_bbox_aux'):
            model.bbox_head.use_bbox_aux = True


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Lays the weights out with the channels last.

    Convolutions answer in the layout of their weights, and the state-space
    layers work on each pixel's channels, so maps need no rearranging on the
    way. Results change by no more than rounding.

    A model that is already wrapped for several processes stays as it is: the
    memory through which they exchange gradients has the old layout.
    """

    # Before the moving average copies the model.
    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Changes the layout in place; the optimizer's parameters stay."""
        if not is_model_wrapper(runner.model):
            runner.model.to(memory_format=torch.channels_last)


def _with_pipelines(dataset: Dataset) -> list[Dataset]:
    """The data sets that one consists of, each with a pipeline of its own."""
    found = []
    for part in parts_of(dataset):
        # mmdet's MultiImageMixDataset mixes in transforms of its own.
        mixes = isinstance(getattr(part, 'pipeline', None), list)
        if mixes or not (wrapped_in(part) or hasattr(part, 'pipeline')):
            raise InputError(
                'ModeSwitchHook cannot end mosaic and mixup in '
                f'{type(part).__name__}, which has no pipeline to replace: '
                'write them into the pipeline of the data set within, as '
                'configs/_base_/recipe.py does, or leave out '
                'new_train_pipeline.'
            )
        if hasattr(part, 'pipeline'):
            found.append(part)
    return found


def _beside_best(latest: list[dict], history: list[dict], unit: str) -> str:
    """Each class's F1 in the latest rows and its best in all rows."""
    said = []
    for row in latest:
        best = max(
            (
                past
                for past in history
                if past['evaluator'] == row['evaluator']
                and past['class'] == row['class']
                # NaN (no ground truth) is never the best
                and float(past['f1']) == float(past['f1'])
            ),
            key=lambda past: float(past['f1']),
            default=row,
        )
        said.append(
            f'{row["evaluator"]}/{row["class"]} {float(row["f1"]):.4f} '
            f'(best {float(best["f1"]):.4f} in {unit} {best["epoch"]})'
        )
    return ', '.join(said)


def _finished(runner: Runner) -> int | None:
    """Finished epochs, or iterations where the loop counts these.

    None outside a training. ``runner.epoch`` builds the training loop, data
    set and all, if there is none yet; evaluating a checkpoint must not do that.
    """
    loop = runner._train_loop
    if loop is None or isinstance(loop, dict):
        return None
    return loop.epoch if _counts_epochs(runner) else loop.iter


def _counts_epochs(runner: Runner) -> bool:
    return getattr(runner._train_loop, 'by_epoch', True)
