"""A training that diverges, and the choice of the best checkpoint."""

import copy
import json
from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import CheckpointHook
from mmengine.optim import OptimWrapper

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import build_runner
from fer_yolo_mamba.engine.safeguards import BestCheckpointHook, FiniteHook
from fer_yolo_mamba.engine.training import train
from fer_yolo_mamba.errors import InputError

IN_ORDER = dict(sampler=dict(type='DefaultSampler', shuffle=False))
NAN = float('nan')


class Diverging:
    """The toys' box loss, or without one its gradient, fails at some steps."""

    def __init__(self, *steps, in_gradient=False):
        self.steps, self.in_gradient = steps, in_gradient

    def __call__(self, model, loss):
        if model.steps not in self.steps:
            return loss
        # The gradient of the root is infinite at 0.
        return loss + (loss * 0).sqrt() if self.in_gradient else loss * NAN


@pytest.mark.parametrize(
    ('fails_at', 'in_gradient', 'words'),
    [
        (7, False, 'epoch 2, iteration 7: loss_bbox is nan'),
        (7, True, 'epoch 2, iteration 7: the gradient is not finite'),
        (8, True, 'epoch 2, iteration 8: the gradient is not finite'),
    ],
)
@pytest.mark.parametrize('by_epoch', [True, False])
def test_the_last_good_checkpoint_stays(
    fails_at, in_gradient, words, by_epoch, toy_config, toys, tmp_path
):
    checkpoint = dict(
        type='CheckpointHook',
        max_keep_ckpts=1,
        by_epoch=by_epoch,
        interval=1 if by_epoch else 4,
    )
    toys.detector.step = Diverging(fails_at, in_gradient=in_gradient)
    with pytest.raises(InputError, match=words) as refused:
        train(toy_config(tmp_path, **{'default_hooks.checkpoint': checkpoint}))
    assert 'optim_wrapper.optimizer.lr' in str(refused.value)
    assert '--skip-nonfinite' in str(refused.value)
    (last,) = tmp_path.glob('*.pth')
    assert last.name == ('epoch_1.pth' if by_epoch else 'iter_4.pth')
    assert_finite(last)


def assert_finite(path):
    saved = torch.load(path)
    for weights in (saved['state_dict'], saved['ema_state_dict']):
        assert all(value.isfinite().all() for value in weights.values())


def steps_of(folder):
    return json.loads((folder / 'nonfinite_steps.json').read_text())


def test_the_statistics_of_a_norm_are_looked_at_too(toy_config, toys, tmp_path):
    def spoil(model, loss):
        if model.steps == 6:
            model.layers[1].running_var = torch.full((4,), NAN)
        return loss

    toys.detector.step = spoil
    with pytest.raises(InputError, match=r'by iteration 8: .*running_var'):
        train(toy_config(tmp_path))
    assert_finite(tmp_path / 'epoch_1.pth')
    assert len(list(tmp_path.glob('*.pth'))) == 1


@pytest.mark.parametrize('content', [b'[{"epoch": 1', b'\xff', b'{}'])
def test_a_damaged_list_of_steps_begins_anew(
    toy_config, toys, tmp_path, content
):
    (tmp_path / 'nonfinite_steps.json').write_bytes(content)
    toys.detector.step = Diverging(2)
    with pytest.raises(InputError, match=r'nonfinite_steps\.json'):
        train(toy_config(tmp_path))
    (step,) = steps_of(tmp_path)
    assert step['iteration'] == 2


def test_the_pictures_of_the_step_are_kept(toy_config, toys, tmp_path):
    toys.detector.step = Diverging(2)
    with pytest.raises(InputError, match=r'nonfinite_steps\.json'):
        train(toy_config(tmp_path, train_dataloader=IN_ORDER))
    (step,) = steps_of(tmp_path)
    # The toys' batches hold no names, as those of yolov5_collate.
    assert step == dict(
        epoch=1,
        iteration=2,
        what='loss_bbox is nan',
        pictures=['2.jpg', '3.jpg'],
    )


def test_the_pictures_of_a_batch_that_names_them(tmp_path):
    runner = SimpleNamespace(
        epoch=0,
        iter=4,
        hooks=[],
        work_dir=tmp_path,
        message_hub=SimpleNamespace(runtime_info={}),
    )
    batch = dict(data_samples=[dict(img_path='a.jpg'), dict(img_path='b.jpg')])
    for _ in range(2):
        with pytest.raises(InputError, match='iteration 5: loss is inf'):
            FiniteHook().after_train_iter(
                runner, 0, batch, dict(loss=torch.tensor(float('inf')))
            )
    pictures = [step['pictures'] for step in steps_of(tmp_path)]
    assert pictures == 2 * [['a.jpg', 'b.jpg']]


@pytest.mark.parametrize('in_gradient', [True, False])
def test_a_step_that_is_skipped_leaves_nothing(
    in_gradient, toy_config, toys, tmp_path
):
    toys.detector.step = Diverging(3, 6, in_gradient=in_gradient)
    train(toy_config(tmp_path), skip_nonfinite=2)
    assert_finite(tmp_path / 'epoch_3.pth')
    saved = torch.load(tmp_path / 'epoch_3.pth')
    # Of 12 steps, 10 were taken, and seen by the norm.
    (first, *_) = saved['optimizer']['state'].values()
    assert first['step'] == 10
    assert saved['ema_state_dict']['module.layers.1.num_batches_tracked'] == 10
    assert [step['iteration'] for step in steps_of(tmp_path)] == [3, 6]


def test_no_more_steps_are_skipped_than_were_asked_for(
    toy_config, toys, tmp_path
):
    toys.detector.step = Diverging(3, 6)
    with pytest.raises(InputError, match='iteration 6: loss_bbox is nan'):
        train(toy_config(tmp_path), skip_nonfinite=1)
    # Those of an earlier start count, too.
    toys.detector.step = Diverging(1)
    with pytest.raises(InputError, match='epoch 2, iteration 5'):
        train(toy_config(tmp_path), resume=True, skip_nonfinite=1)


@pytest.mark.parametrize('fused', [True, False])
@pytest.mark.parametrize('skip', [0, 1])
def test_what_overflows_under_a_loss_scale_is_left_to_the_scaler(fused, skip):
    """A scaler calls fused optimizers also for the steps that it leaves out."""
    model = torch.nn.Linear(1, 1)
    before = copy.deepcopy(model.state_dict())
    runner = SimpleNamespace(
        model=model,
        hooks=[],
        optim_wrapper=OptimWrapper(
            torch.optim.Adam(model.parameters(), fused=fused)
        ),
    )
    hook, scaler = FiniteHook(skip), torch.amp.GradScaler('cpu', 2.0**127)
    hook.before_train(runner)
    hook.before_train_iter(runner, 0)
    loss = model(torch.full((1, 1), 9.0)).square().sum() + 9
    scaler.scale(loss).backward()
    assert not model.weight.grad.isfinite()
    scaler.step(runner.optim_wrapper.optimizer)
    scaler.update()
    hook.after_train_iter(runner, 0, outputs=dict(loss=loss))
    assert model.state_dict() == before
    assert scaler.get_scale() == 2.0**126


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
    saves = next(x for x in kinds if issubclass(x, CheckpointHook))
    assert kinds.index(FiniteHook) < kinds.index(saves)
    assert kinds.index(BestCheckpointHook) < kinds.index(saves)
