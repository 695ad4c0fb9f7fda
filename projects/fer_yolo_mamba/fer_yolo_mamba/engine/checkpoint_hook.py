"""Saving checkpoints: the new one is safe before an old one goes."""

import re
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook as _CheckpointHook
from mmengine.runner import Runner
from mmyolo.registry import HOOKS

from .run_folder import (
    INTERRUPTED,
    checksums,
    record_checkpoint,
    record_checksum,
    remove_checkpoints,
)


@HOOKS.register_module()
class CheckpointHook(_CheckpointHook):
    """mmengine's, in another order, registered under its name.

    mmengine removes the oldest checkpoint, or the best one so far, and then
    writes the new one: a process killed in between, or a full disk, leaves
    none. It also removes whatever file a resumed checkpoint names. Here, only
    what this run has written into its folder is removed.

    Args:
        *args: As mmengine's.
        max_keep_ckpts: Checkpoints to keep; all by default.
        **kwargs: As mmengine's.
    """

    def __init__(self, *args, max_keep_ckpts: int = -1, **kwargs) -> None:
        super().__init__(*args, max_keep_ckpts=-1, **kwargs)
        self.most = max_keep_ckpts

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int, meta: dict
    ) -> None:
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        if is_main_process():
            record_checkpoint(self.last_ckpt, runner.work_dir)
            remove_checkpoints(self.out_dir, self._superseded())
            remove_checkpoints(runner.work_dir, [INTERRUPTED])

    def _superseded(self) -> list[str]:
        """The oldest ones, above the number that is kept."""
        number = re.sub(r'\\{.*?\\}', r'\\d+', re.escape(self.filename_tmpl))
        own = [x for x in checksums(self.out_dir) if re.fullmatch(number, x)]
        return own[: -self.most] if self.most > 0 else []

    def _save_best_checkpoint(
        self, runner: Runner, metrics: dict[str, float]
    ) -> None:
        if not self.save_best:
            return
        earlier = self._best()
        self._set_best(dict.fromkeys(earlier))  # so that it removes none
        super()._save_best_checkpoint(runner, metrics)
        now = self._best()
        self._set_best({name: now[name] or earlier[name] for name in now})
        if is_main_process():
            for path in filter(None, now.values()):
                record_checksum(path)
            gone = {Path(earlier[x]).name for x in now if now[x] and earlier[x]}
            gone -= {Path(path).name for path in now.values() if path}
            remove_checkpoints(
                self.out_dir, sorted(gone & checksums(self.out_dir).keys())
            )

    def _best(self) -> dict[str, str | None]:
        """The best checkpoint by the figure that chose it."""
        if len(self.key_indicators) == 1:
            return {self.key_indicators[0]: self.best_ckpt_path}
        return dict(self.best_ckpt_path_dict)

    def _set_best(self, paths: dict[str, str | None]) -> None:
        if len(self.key_indicators) == 1:
            (self.best_ckpt_path,) = paths.values()
        else:
            self.best_ckpt_path_dict = paths
