"""mmengine's runner with a log that shows what counts.

Of a training of two epochs it printed 781 lines, most of them the resolved
config, which has a file of its own.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.hooks import Hook
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import LogProcessor, Runner
from mmengine.visualization import Visualizer

from ..compat.environment import Environment, found

# What mmengine says of each parameter, of itself or again and again.
_UNSAID = re.compile(
    '|'.join(
        (
            'paramwise_options -- ',
            'Distributed training is not used, all SyncBatchNorm',
            '"FileClient" will be deprecated',
            '"HardDiskBackend" is the alias of "LocalBackend"',
            'Exp name: ',
        )
    )
)

# Values of a training that logs may average: as many as a long epoch has.
_REMEMBERED = 10_000


class PlainRunner(Runner):
    """Logs the machine in a line and the hooks in another."""

    def build_log_processor(self, log_processor: LogProcessor | dict):
        """mmengine's: mmyolo has none, and a search there would be told."""
        if isinstance(log_processor, dict):
            log_processor = dict(log_processor)
            log_processor.pop('_scope_', None)
        with DefaultScope.overwrite_default_scope('mmengine'):
            return super().build_log_processor(log_processor)

    def build_logger(self, *args, **kwargs) -> MMLogger:
        """As mmengine does, without what helps nobody."""
        logger = super().build_logger(*args, **kwargs)
        logger.addFilter(_counts)
        return logger

    def build_visualizer(self, visualizer: Visualizer | dict | None = None):
        """One for this run, where a name would hand out that of an earlier."""
        if isinstance(visualizer, dict):
            visualizer = dict(visualizer, name=self._log_dir)
        return super().build_visualizer(visualizer)

    def get_hooks_info(self) -> str:
        """Their names."""
        return ', '.join(type(hook).__name__ for hook in self.hooks)

    def _init_model_weights(self) -> None:
        # It writes of each parameter into the file of the log.
        getattr(self.model, 'module', self.model)._dump_init_info = _say_nothing
        super()._init_model_weights()

    def _log_env(self, env_cfg: dict) -> None:
        is_gpu = torch.cuda.is_available()
        machine = Environment.of(torch.device('cuda' if is_gpu else 'cpu'))
        self.logger.info(
            f'{machine}, mmengine {found("mmengine")}, processes: '
            f'{self.world_size}, seed: {self.seed}'
        )


class ShortMemoryHook(Hook):
    """Has a training remember the latest values that it logs, and not all.

    mmengine copies each list of values at each iteration and writes it into
    each checkpoint, up to a million values; averages of the log are over the
    latest ten.
    """

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Shortens the lists, of which an iteration may have begun some."""
        for name, history in runner.message_hub.log_scalars.items():
            if name.startswith('train/'):
                history.max_length = _REMEMBERED


@contextmanager
def unlogged() -> Iterator[None]:
    """Without what mmengine, or a metric, logs below a warning, meanwhile."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    # logging.disable does not reach what it has decided before.
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def forget_runs() -> None:
    """Closes the logs of this process' runs, and drops what mmengine keeps.

    The log of the latest serves whatever is built afterwards, even where a
    library that sets up its own logging has closed the file meanwhile.
    """
    for logger in MMLogger._instance_dict.values():
        for handler in logger.handlers:
            handler.close()
    kinds = (MMLogger, MessageHub, Visualizer, *Visualizer.__subclasses__())
    for kind in kinds:
        kind._instance_dict.clear()


def _counts(record: logging.LogRecord) -> bool:
    return not _UNSAID.match(record.getMessage())


def _say_nothing() -> None:
    pass
