"""The last epochs of the recipe, also after a resumption."""

from mmengine.dataset import Compose
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmyolo.registry import HOOKS


@HOOKS.register_module()
class ModeSwitchHook(Hook):
    """Ends mosaic and mixup for the last epochs, as YOLOX does.

    A head that has a further L1 loss for them, as YOLOX's has, uses it.

    mmyolo's ``YOLOXModeSwitchHook`` acts at one epoch alone, so a run resumed
    later never switches, and it builds a data loader without the run's seed.
    This one looks at the epoch each time and only changes the pipeline.

    Args:
        num_last_epochs: Epochs at the end without mosaic and mixup (YOLOX,
            arXiv 2107.08430, Section 2: the last 15).
        new_train_pipeline: Transforms of these epochs.
    """

    def __init__(
        self, num_last_epochs: int, new_train_pipeline: list[dict]
    ) -> None:
        self.num_last_epochs = num_last_epochs
        self.new_train_pipeline = new_train_pipeline
        self.switched = False

    def before_train_epoch(self, runner: Runner) -> None:
        """Switches at the first epoch that belongs to the last ones."""
        if (
            self.switched
            or runner.epoch < runner.max_epochs - self.num_last_epochs
        ):
            return
        self.switched = True
        runner.train_dataloader.dataset.pipeline = Compose(
            self.new_train_pipeline
        )
        runner.logger.info(
            f'Epoch {runner.epoch + 1}: from here to the end without mosaic '
            'and mixup.'
        )
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        if hasattr(model.bbox_head, 'use_bbox_aux'):
            model.bbox_head.use_bbox_aux = True
