"""Follow every expression's F1 through a training."""

from __future__ import annotations

from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmyolo.registry import HOOKS

from ...evaluation.metric_files import write_metric_files
from ...evaluation.text_table import text_table


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

    It reads names and values alone (``<any prefix>/F1/<class>``), so every
    evaluator that returns such names will do.

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
        self._keep(runner, metrics or {}, 'val')

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Log and write the metrics of a test."""
        self._keep(runner, metrics or {}, 'test')

    @master_only
    def _keep(
        self, runner: Runner, metrics: dict[str, float], split: str
    ) -> None:
        epoch = _finished_epochs(runner)
        stem = Path(runner.work_dir) / 'metrics'
        history = [
            row
            for row in write_metric_files(stem, metrics, split, epoch)
            if row['split'] == split and row['F1']
        ]
        now = '' if epoch is None else str(epoch)
        table = _f1_table([r for r in history if r['epoch'] == now], history)
        if table is None:
            runner.logger.warning(
                'PerClassF1Hook found no per-class F1 among the metrics; use '
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
                and float(past['F1']) == float(past['F1'])
            ),
            key=lambda past: float(past['F1']),
            default=row,
        )
        cells.append(
            [
                f'{row["evaluator"]}/{row["class"]}'.lstrip('/'),
                f'{float(row["F1"]):.4f}',
                f'{float(best["F1"]):.4f}',
                best['epoch'],
            ]
        )
    return (
        text_table(['class', 'F1', 'best F1', 'at epoch'], cells)
        if cells
        else None
    )


def _finished_epochs(runner: Runner) -> int | None:
    """Finished training epochs; None outside a training.

    ``runner.epoch`` builds the training loop, data set and all, if there is
    none yet; evaluating a checkpoint must not do that.
    """
    if runner._train_loop is None or isinstance(runner._train_loop, dict):
        return None
    return runner.epoch
