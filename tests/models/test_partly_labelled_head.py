"""YOLOX's head for faces without expression, against mmyolo's head."""

import itertools

import pytest
import torch
from mmengine.config import ConfigDict
from mmyolo.registry import MODELS
from torch._subclasses.fake_tensor import (
    DynamicOutputShapeException,
    FakeTensorMode,
)

CLASSES = 7
SIZE = 160
LOSSES = {'loss_cls', 'loss_bbox', 'loss_obj'}


def build(type, aux=False, **settings):
    """A head with the assigner of mmyolo's YOLOX."""
    assigner = dict(
        type='mmdet.SimOTAAssigner',
        center_radius=2.5,
        iou_calculator=dict(type='mmdet.BboxOverlaps2D'),
    )
    head = MODELS.build(
        ConfigDict(
            type=type,
            head_module=dict(
                type='YOLOXHeadModule',
                num_classes=CLASSES,
                in_channels=8,
                feat_channels=8,
            ),
            train_cfg=dict(assigner=assigner),
            **settings,
        )
    )
    head.use_bbox_aux = aux
    return head


def random_maps(images, seed=0, spread=1.5, dtype=torch.float32):
    """Classes, boxes and objectness of a head at three levels."""
    generator = torch.Generator().manual_seed(seed)
    return [
        [
            (
                spread
                * torch.randn(
                    *(images, channels, SIZE // stride, SIZE // stride),
                    generator=generator,
                )
                + offset
            )
            .to(dtype)
            .requires_grad_()
            for stride in (8, 16, 32)
        ]
        for channels, offset in ((CLASSES, -1), (4, 1), (1, -1))
    ]


def random_faces(counts, low, high, seed=0, classes=CLASSES):
    """Faces of ``low`` to ``high`` pixels, as many as said in each image."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(*shape):
        return torch.rand(*shape, generator=generator)

    image = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    count = len(image)
    label = torch.randint(classes, (count,), generator=generator)
    centres = uniform(count, 2) * SIZE
    sides = low + uniform(count, 2) * (high - low)
    rows = image[:, None], label[:, None], centres - sides / 2
    return torch.cat([*rows, centres + sides / 2], 1)


def learn(head, maps, faces):
    """Losses, and their sum's gradient to every map."""
    losses = head.loss_by_feat(*maps, faces, [{}] * len(maps[0][0]))
    maps = list(itertools.chain(*maps))
    return losses, torch.autograd.grad(sum(losses.values()), maps)


def crowded_twice(seed):
    faces = random_faces([60, 2], 8, 90, seed)
    return torch.cat([faces, faces[10:30]])


BATCHES = {
    'one face each': lambda seed: random_faces([1] * 4, 16, 120, seed),
    'some': lambda seed: random_faces([3, 0, 5, 1], 16, 120, seed),
    'none': lambda seed: random_faces([0, 0], 16, 120, seed),
    'one face': lambda seed: random_faces([1], 16, 120, seed),
    'one in the last image': lambda seed: random_faces([0, 1], 16, 120, seed),
    'crowded': lambda seed: random_faces([60, 36, 4], 8, 90, seed),
    'crowded and twice': crowded_twice,
    'below a stride': lambda seed: random_faces([6, 6], 1, 6, seed),
    # Far from every cell, and so near that its centre alone is not among them.
    'outside': lambda seed: torch.tensor(
        [[0, 1, -90.0, -90, -70, -70], [1, 2, 150, 150, 250, 260]]
    ),
    'all outside': lambda seed: torch.tensor(
        [[0, 1, -90.0, -90, -70, -70], [1, 2, 450, 450, 550, 560]]
    ),
    'larger than the image': lambda seed: torch.tensor(
        [[0, 0, -40.0, -50, 200, 250], [0, 6, 40, 30, 90, 100]]
    ),
    # The edges of a box and the border around its centre hit cells' centres.
    'on cells': lambda seed: torch.tensor(
        [[0, 3, 12.0, 20, 44, 84], [0, 4, 20, 4, 60, 44], [1, 4, 8, 8, 72, 72]]
    ),
}


@pytest.mark.parametrize('aux', [False, True])
@pytest.mark.parametrize('faces', BATCHES.values(), ids=BATCHES)
def test_learns_as_mmyolo(faces, aux):
    """Losses and gradients, with an expression in every face."""
    heads = build('YOLOXHead', aux), build('FERYOLOXHead', aux)
    images = int(max(4, *faces(0)[:, 0] + 1)) if len(faces(0)) else 2
    for seed in range(5):
        maps = random_maps(images, seed)
        expected, actual = (learn(head, maps, faces(seed)) for head in heads)
        assert LOSSES <= actual[0].keys() == expected[0].keys()
        assert ('loss_bbox_aux' in actual[0]) == aux
        for name, loss in expected[0].items():
            torch.testing.assert_close(
                actual[0][name], loss, rtol=1e-6, atol=1e-6
            )
        for found, gradient in zip(actual[1], expected[1], strict=True):
            torch.testing.assert_close(found, gradient, rtol=1e-5, atol=1e-7)


def test_saturated_predictions():
    """Probabilities of exactly 0 and 1, whose logarithms are infinite."""
    heads = build('YOLOXHead'), build('FERYOLOXHead')
    maps = random_maps(2, spread=1.0)
    for levels in maps[0], maps[2]:
        levels[:] = [(level.sign() * 200).detach() for level in levels]
        for level in levels:
            level.requires_grad_()
    faces = random_faces([2, 3], 30, 120)
    expected, actual = (learn(head, maps, faces)[0] for head in heads)
    assert expected['loss_obj'] > 10
    for name, loss in expected.items():
        torch.testing.assert_close(actual[name], loss)


def test_of_equal_costs_any_may_be_taken():
    """Without a difference between cells the losses do not tell which."""
    heads = build('YOLOXHead'), build('FERYOLOXHead')
    maps = [
        [torch.zeros_like(level, requires_grad=True) for level in levels]
        for levels in random_maps(2)
    ]
    faces = torch.tensor([[0, 3, 16.0, 16, 80, 80], [1, 3, 64, 32, 128, 96]])
    expected, actual = (learn(head, maps, faces)[0] for head in heads)
    for name, loss in expected.items():
        torch.testing.assert_close(actual[name], loss)


def test_faces_without_expression_teach_no_class():
    head = build('FERYOLOXHead', aux=True)
    maps = random_maps(3)
    faces = random_faces([4, 3, 0], 16, 120)
    faces[:4, 1] = CLASSES  # all of the first image
    losses, gradients = learn(head, maps, faces)
    classes, boxes, objectness = (gradients[i : i + 3] for i in (0, 3, 6))
    assert all((level[0] == 0).all() for level in classes)
    assert any((level[1] != 0).any() for level in classes)
    for levels in boxes, objectness:
        assert any((level[0] != 0).any() for level in levels)
    # A batch with nothing else has a loss that does not break training.
    faces[:, 1] = CLASSES
    losses, gradients = learn(head, maps, faces)
    assert losses['loss_cls'] == 0
    assert losses['loss_bbox'] > 0 and losses['loss_obj'] > 0
    assert all((level == 0).all() for level in gradients[:3])


def test_classes_do_not_decide_who_learns_a_face_without_expression():
    head = build('FERYOLOXHead')
    faces = random_faces([3, 3], 16, 120)
    maps = random_maps(2)

    def box_gradients(classes):
        return learn(head, [classes, *maps[1:]], faces)[1][3:]

    other_classes = random_maps(2, seed=1)[0]
    faces[:, 1] = CLASSES
    for one, other in zip(
        box_gradients(maps[0]), box_gradients(other_classes), strict=True
    ):
        assert torch.equal(one, other)


def test_a_known_face_beside_an_unknown_one_in_the_batch():
    """Images do not touch each other: only the divisor is shared."""
    head = build('FERYOLOXHead')
    maps = random_maps(2)
    faces = random_faces([3, 3], 16, 120)
    unknown = faces.clone()
    unknown[:3, 1] = CLASSES
    alone = [[level[1:] for level in levels] for levels in maps]
    known = learn(head, alone, faces[3:] - torch.eye(6)[0])[1]
    mixed = learn(head, maps, unknown)[1]
    shares = [
        (there[1] / here[0])[here[0] != 0]
        for here, there in zip(known, mixed, strict=True)
    ]
    shares = torch.cat(shares)
    torch.testing.assert_close(
        shares, shares.mean().expand_as(shares), rtol=1e-4, atol=1e-5
    )


def test_label_smoothing():
    """The target is spread before the IoU scales it."""
    maps = random_maps(2)
    faces = random_faces([1, 2], 16, 120)
    faces[:, 1] = 3
    plain, smooth = (
        learn(build('FERYOLOXHead', label_smoothing=share), maps, faces)
        for share in (0.0, 0.1)
    )
    for name in ('loss_bbox', 'loss_obj'):
        assert torch.equal(plain[0][name], smooth[0][name])
    # Of a cross-entropy's gradient, probability less target, the change of
    # the target is left: 1 becomes 0.9 + 0.1 / 7, and 0 becomes 0.1 / 7.
    change = torch.cat(
        [
            (before - after).movedim(1, -1)[(before != 0).any(1)]
            for before, after in zip(plain[1][:3], smooth[1][:3], strict=True)
        ]
    )
    assert len(change) >= 3
    other = change[:, :1]
    assert (other > 0).all()
    expected = other * torch.tensor([1.0, 1, 1, -6, 1, 1, 1])
    torch.testing.assert_close(change, expected, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_losses_of_half_precision_are_float32(dtype):
    head = build('FERYOLOXHead', aux=True)
    faces = random_faces([4, 2], 16, 120)
    halves = random_maps(2, dtype=dtype)
    singles = [
        [level.detach().float().requires_grad_() for level in levels]
        for levels in halves
    ]
    with torch.autocast('cpu', torch.bfloat16):
        actual, gradients = learn(head, halves, faces)
    expected, _ = learn(head, singles, faces)
    for name, loss in expected.items():
        assert actual[name].dtype == torch.float32
        assert torch.equal(actual[name], loss)
    assert {gradient.dtype for gradient in gradients} == {dtype}


def test_order_of_rows_does_not_matter():
    head = build('FERYOLOXHead')
    maps = random_maps(3)
    faces = random_faces([9, 20, 2], 16, 120)
    mixed = faces[
        torch.randperm(31, generator=torch.Generator().manual_seed(1))
    ]
    for one, other in zip(
        learn(head, maps, faces)[1], learn(head, maps, mixed)[1], strict=True
    ):
        torch.testing.assert_close(one, other)


def test_shapes_do_not_depend_on_values():
    """Without values nothing can wait for them; mmyolo's head asks."""
    with FakeTensorMode():
        maps = [
            [
                torch.empty(2, channels, side, side, requires_grad=True)
                for side in (20, 10, 5)
            ]
            for channels in (CLASSES, 4, 1)
        ]
        faces = torch.empty(6, 6)
        losses, _ = learn(build('FERYOLOXHead', aux=True), maps, faces)
        assert losses.keys() == LOSSES | {'loss_bbox_aux'}
        with pytest.raises(DynamicOutputShapeException):
            learn(build('YOLOXHead'), maps, faces)


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_never_waits_for_the_gpu():
    head = build('FERYOLOXHead', aux=True).cuda()
    maps = [
        [level.detach().cuda() for level in levels] for levels in random_maps(2)
    ]
    maps = [[level.requires_grad_() for level in levels] for levels in maps]
    faces = random_faces([4, 2], 16, 120, classes=CLASSES + 1).cuda()
    learn(head, maps, faces)  # libraries may wait when they are loaded
    try:
        torch.cuda.set_sync_debug_mode('error')
        learn(head, maps, faces)
    finally:
        torch.cuda.set_sync_debug_mode('default')


@pytest.mark.parametrize(
    'settings',
    [
        dict(label_smoothing=1.0),
        dict(label_smoothing=-0.1),
        dict(loss_bbox=dict(type='mmdet.GIoULoss', reduction='sum')),
    ],
)
def test_refuses_what_it_cannot_do(settings):
    with pytest.raises(ValueError, match=r'label_smoothing|loss_bbox'):
        build('FERYOLOXHead', **settings)
