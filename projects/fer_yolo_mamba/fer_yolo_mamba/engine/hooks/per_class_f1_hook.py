"""Follow every expression's F1 through a training."""

from __future__ import annotations

from pathlib import Path

from mmengine.dist import master_only
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmyolo.registry import HOOKS
from tabulate import tabulate

from ...evaluation import fer_metrics, write_metric_files


@HOOKS.register_module()
class PerClassF1Hook(Hook):
    """Logs each class's F1 beside its best so far, and keeps all figures.

    Example::

        custom_hooks = [dict(type='PerClassF1Hook')]

    After every validation and test epoch, in the main process:

    - logs a table of F1 now, the best F1 of this run and its epoch;
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
        epoch = _finished_epochs(runner)
        stem = Path(runner.work_dir) / 'metrics'
        history = [
            row
            for row in write_metric_files(stem, reports, metrics, split, epoch)
            if row['split'] == split
        ]
        now = '' if epoch is None else str(epoch)
        table = _f1_table([r for r in history if r['epoch'] == now], history)
        if table is None:
            runner.logger.warning(
                'PerClassF1Hook found no FERMetric in the evaluator; use '
                "val_evaluator = dict(type='FERMetric')."
            )
        else:
            runner.logger.info(f'F1 by class ({split}):\n{table}')


def _f1_table(latest: list[dict], history: list[dict]) -> str | None:
    """Each class's F1 in the latest rows and its best in all rows."""
    cells = []
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
        cells.append(
            [
                f'{row["evaluator"]}/{row["class"]}',
                f'{float(row["f1"]):.4f}',
                f'{float(best["f1"]):.4f}',
                best['epoch'],
            ]
        )
    if not cells:
        return None
    return tabulate(
        cells,
        ['class', 'f1', 'best f1', 'at epoch'],
        disable_numparse=True,
        colalign=('left', 'right', 'right', 'right'),
    )


def _finished_epochs(runner: Runner) -> int | None:
    """Finished training epochs; None outside a training.

    ``runner.epoch`` builds the training loop, data set and all, if there is
    none yet; evaluating a checkpoint must not do that.
    """
    if runner._train_loop is None or isinstance(runner._train_loop, dict):
        return None
    return runner.epoch
