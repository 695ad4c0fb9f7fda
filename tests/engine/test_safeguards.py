"""A training that diverges, and the choice of the best checkpoint."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import CheckpointHook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import build_runner
from fer_yolo_mamba.engine.safeguards import BestCheckpointHook, FiniteHook
from fer_yolo_mamba.errors import InputError

NAN = float('nan')


class Numbers(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.tensor(1.0)


class Diverging(BaseModel):
    """Its box loss, or without one its gradient, fails at one step."""

    def __init__(self, fails_at, in_gradient):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))
        self.fails_at, self.in_gradient = fails_at, in_gradient
        self.step = 0

    def forward(self, inputs, mode='tensor'):
        self.step += 1
        loss = self.weight**2
        if self.step == self.fails_at:
            # The gradient of the root is infinite at 0.
            zero = self.weight * 0
            loss = zero.sqrt() if self.in_gradient else zero + NAN
        return dict(loss_cls=self.weight**2, loss_bbox=loss)


def diverging(folder, fails_at, in_gradient=False, **checkpoint):
    runner = Runner(
        model=Diverging(fails_at, in_gradient),
        work_dir=str(folder),
        experiment_name=folder.name,
        train_dataloader=dict(
            batch_size=1,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=Numbers(),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=3),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        custom_hooks=[dict(type='EMAHook')],
        default_hooks=dict(
            checkpoint=dict(
                type='CheckpointHook', max_keep_ckpts=1, **checkpoint
            )
        ),
    )
    runner.register_hook(FiniteHook())
    return runner


@pytest.mark.parametrize(
    ('fails_at', 'in_gradient', 'words'),
    [
        (7, False, 'epoch 2, iteration 7: loss_bbox is nan'),
        # The loss of the next step shows it,
        (7, True, 'epoch 2, iteration 8: loss_cls is nan'),
        # or the weights, where a checkpoint comes first.
        (8, True, 'epoch 2, by iteration 8: weight is not finite'),
    ],
)
@pytest.mark.parametrize('by_epoch', [True, False])
def test_the_last_good_checkpoint_stays(
    fails_at, in_gradient, words, by_epoch, tmp_path
):
    settings = dict(interval=1) if by_epoch else dict(interval=4)
    runner = diverging(
        tmp_path / f'{fails_at}{in_gradient}{by_epoch}',
        fails_at,
        in_gradient,
        by_epoch=by_epoch,
        **settings,
    )
    with pytest.raises(InputError, match=words) as refused:
        runner.train()
    assert 'optim_wrapper.optimizer.lr' in str(refused.value)
    (last,) = (tmp_path / runner.work_dir).glob('*.pth')
    assert last.name == ('epoch_1.pth' if by_epoch else 'iter_4.pth')
    saved = torch.load(last)
    for weights in (saved['state_dict'], saved['ema_state_dict']):
        assert all(value.isfinite() for value in weights.values())


def test_the_pictures_of_the_step_are_kept(caplog):
    lines = []
    runner = SimpleNamespace(
        epoch=0, iter=4, hooks=[], logger=SimpleNamespace(error=lines.append)
    )
    batch = dict(data_samples=[dict(img_path='a.jpg'), dict(img_path='b.jpg')])
    with pytest.raises(InputError, match='iteration 5: loss is inf'):
        FiniteHook().after_train_iter(
            runner, 0, batch, dict(loss=torch.tensor(float('inf')))
        )
    assert lines == ['Pictures of this step: a.jpg, b.jpg']


FIGURES = {'fer/AP/Happy': 0.9, 'fer/mAP': 0.5, 'fer/face_AP': 0.7}


def settled(save_best, metrics=FIGURES, **options):
    hook = CheckpointHook(save_best=save_best, **options)
    BestCheckpointHook().after_val_epoch(SimpleNamespace(hooks=[hook]), metrics)
    return hook.key_indicators, hook.rules


def test_the_best_is_that_of_the_mean_ap():
    assert settled('auto') == (['fer/mAP'], ['greater'])
    coco = {'coco/bbox_mAP_50': 0.1, 'coco/bbox_mAP': 0.1}
    assert settled('auto', coco)[0] == ['coco/bbox_mAP']
    assert settled('fer/mAP')[0] == ['fer/mAP']


def test_a_figure_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"no figure .* such as 'fer/mAP'"):
        settled('mAP')
    with pytest.raises(InputError, match='no mAP among'):
        settled('auto', {'x/acc': 1.0})


@pytest.mark.parametrize('name', ['auto', 'fer/F1/Happy', 'fer/avg_recall'])
def test_every_figure_of_this_project_can_be_the_best(
    name, narrow_config, tmp_path
):
    config = load_config(
        narrow_config,
        {'default_hooks.checkpoint.save_best': name},
        tmp_path / 'run',
    )
    runner = build_runner(config)
    kinds = [type(hook) for hook in runner.hooks]
    assert kinds.index(FiniteHook) < kinds.index(CheckpointHook)
    assert kinds.index(BestCheckpointHook) < kinds.index(CheckpointHook)
