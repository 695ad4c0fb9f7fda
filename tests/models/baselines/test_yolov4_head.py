"""YOLOv4's boxes, assignment and loss, beside plain computations of them."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from mmyolo.registry import MODELS, TASK_UTILS

ANCHORS = [(12, 16), (19, 36), (40, 28), (36, 75), (76, 55), (72, 146)]
ANCHORS += [(142, 110), (192, 243), (459, 401)]
STRIDES = [8, 16, 32]
SIZES = [(8, 12), (4, 6), (2, 3)]  # cells of an image 96 wide and 64 high


@pytest.fixture
def coder():
    return TASK_UTILS.build(dict(type='YOLOv4BBoxCoder'))


@pytest.fixture(scope='module')
def head():
    return MODELS.build(
        dict(
            type='mmyolo.YOLOv4Head',
            head_module=dict(type='YOLOv4HeadModule', num_classes=7),
            _scope_='mmyolo',
        )
    )


def logit(share):
    return math.log(share / (1 - share))


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def bce(logit, target):
    return -math.log(sigmoid(logit) if target else sigmoid(-logit))


def overlap(a, b):
    """Common area of two boxes, and their IoU."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    areas = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (a, b))
    return common / (areas - common)


def ciou_loss(a, b):
    """1 - CIoU (arXiv 1911.08287, equations 10 and 11)."""
    (wa, ha), (wb, hb) = ((q[2] - q[0], q[3] - q[1]) for q in (a, b))
    hull = [max(a[2 + i], b[2 + i]) - min(a[i], b[i]) for i in (0, 1)]
    apart = [(a[i] + a[2 + i] - b[i] - b[2 + i]) / 2 for i in (0, 1)]
    distance = sum(q * q for q in apart) / sum(q * q for q in hull)
    shape = 4 / math.pi**2 * (math.atan(wb / hb) - math.atan(wa / ha)) ** 2
    iou = overlap(a, b)
    trade_off = shape / (1 - iou + shape)
    return 1 - iou + distance + trade_off * shape


def plain_matches(face, sizes=SIZES):
    """Level, slot, row and column of all that learn a face, as in darknet."""
    *_, x1, y1, x2, y2 = face
    shape = (0, 0, x2 - x1, y2 - y1)
    iou = [overlap(shape, (0, 0, *anchor)) for anchor in ANCHORS]
    for index, value in enumerate(iou):
        if value == max(iou) or value > 0.213:
            level, slot = divmod(index, 3)
            row = math.floor((y1 + y2) / 2 / STRIDES[level])
            column = math.floor((x1 + x2) / 2 / STRIDES[level])
            height, width = sizes[level]
            yield level, slot, min(row, height - 1), min(column, width - 1)


def plain_index(level, slot, row, column):
    before = sum(3 * height * width for height, width in SIZES[:level])
    return before + (row * SIZES[level][1] + column) * 3 + slot


@pytest.mark.parametrize(
    ('stride', 'scale_x_y'), [(8, 1.2), (16, 1.1), (32, 1.05)]
)
def test_centres_leave_their_cells_as_in_darknet(coder, stride, scale_x_y):
    prior = torch.tensor([40.0, 30.0, 60.0, 70.0])  # around 50, 50
    raw = torch.tensor([0.3, -1.2, 0.5, -0.25])
    box = coder.decode(prior, raw, stride)
    for low, high, side, value, log_ratio in zip(
        box[:2], box[2:], (20, 40), (0.3, -1.2), (0.5, -0.25), strict=True
    ):
        # From the corner of the cell, in cells.
        offset = sigmoid(value) * scale_x_y - (scale_x_y - 1) / 2
        corner = 50 - stride / 2
        assert float(low + high) / 2 == pytest.approx(corner + offset * stride)
        assert float(high - low) == pytest.approx(side * math.exp(log_ratio))


@pytest.mark.parametrize('stride', STRIDES)
def test_decoding_undoes_encoding(coder, stride):
    generator = torch.Generator().manual_seed(0)
    cell = torch.tensor([5.5, 2.5]) * stride
    size = torch.tensor([36.0, 75.0])
    priors = torch.cat((cell - size / 2, cell + size / 2)).expand(50, 4)
    centre = cell + (torch.rand(50, 2, generator=generator) - 0.5) * stride
    half = size * torch.exp(torch.randn(50, 2, generator=generator)) / 2
    # On the very borders of the cell, too.
    centre[0], centre[1] = cell - stride / 2, cell + stride / 2
    boxes = torch.cat((centre - half, centre + half), dim=1)
    encoded = coder.encode(priors, boxes, stride)
    assert encoded.isfinite().all()
    torch.testing.assert_close(coder.decode(priors, encoded, stride), boxes)


def test_a_wild_size_stays_finite_and_can_be_unlearnt(coder):
    prior = torch.tensor([0.0, 0.0, 8.0, 8.0])
    wild = torch.full((4,), 1000.0, requires_grad=True)
    box = coder.decode(prior, wild, 8)
    width = box[2] - box[0]
    assert width.item() == pytest.approx(8 * 16)
    width.backward()
    # That of the size as it is: d exp(x) = exp(x) dx.
    assert wild.grad.tolist() == pytest.approx([0, 0, 8 * 16, 0])


# Quarters of a pixel, which float32 adds up exactly.
x_edge = st.integers(0, 4 * 96).map(lambda quarters: quarters / 4)
y_edge = st.integers(0, 4 * 64).map(lambda quarters: quarters / 4)
boxes = st.tuples(x_edge, y_edge, x_edge, y_edge).map(
    lambda q: (
        min(q[0], q[2]),
        min(q[1], q[3]),
        max(q[0], q[2]) + 0.5,
        max(q[1], q[3]) + 0.5,
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes, max_size=4))
def test_every_face_is_learnt_in_its_cell(head, boxes):
    """By the same predictions as in a plain walk over all anchors."""
    faces = torch.tensor([[0.0, 0.0, *box] for box in boxes]).reshape(-1, 6)
    face, prior = head.match(faces, SIZES)
    assert set(face.tolist()) == set(range(len(boxes)))
    for index, row in enumerate(faces.tolist()):
        assert prior[face == index].tolist() == [
            plain_index(*place) for place in plain_matches(row)
        ]


def test_a_face_larger_than_all_anchors_is_learnt_by_the_largest(head):
    face = torch.tensor([[0.0, 0.0, 0.0, 0.0, 3000.0, 3000.0]])
    _, prior = head.match(face, [(375, 375), (188, 188), (94, 94)])
    before = 3 * (375**2 + 188**2)
    assert prior.tolist() == [before + (46 * 94 + 46) * 3 + 2]


def random_outputs(num_imgs=2):
    generator = torch.Generator().manual_seed(1)
    return [
        [
            torch.randn(num_imgs, channels, *size, generator=generator)
            for size in SIZES
        ]
        for channels in (3 * 7, 3 * 4, 3)
    ]


# Two faces in one image share a cell and have one shape.
FACES = torch.tensor(
    [
        [0, 3, 8.5, 4.0, 52.0, 60.0],
        [1, 1, 20.0, 20.0, 50.0, 52.0],
        [1, 5, 21.0, 20.0, 51.0, 52.0],
    ]
)


def plain_losses(cls_scores, bbox_preds, objectnesses, faces):
    """The three sums over a batch, number by number."""
    learnt = {}
    for image, label, *box in faces.tolist():
        for place in plain_matches((image, label, *box)):
            learnt.setdefault((int(image), *place), []).append((label, box))
    loss_cls = loss_obj = loss_bbox = ignored = 0
    for image in range(2):
        for level, (height, width) in enumerate(SIZES):
            stride = STRIDES[level]
            reach = stride * (1.2, 1.1, 1.05)[level]
            for index in range(3 * height * width):
                cell, slot = divmod(index, 3)
                row, column = divmod(cell, width)
                at = (image, slice(None), row, column)
                raw = bbox_preds[level][at].tolist()[4 * slot : 4 * slot + 4]
                centre = [
                    (place + 0.5) * stride + (sigmoid(value) - 0.5) * reach
                    for place, value in zip((column, row), raw[:2], strict=True)
                ]
                size = [
                    side * math.exp(value)
                    for side, value in zip(
                        ANCHORS[3 * level + slot], raw[2:], strict=True
                    )
                ]
                box = [c - s / 2 for c, s in zip(centre, size, strict=True)]
                box += [c + s / 2 for c, s in zip(centre, size, strict=True)]
                targets = learnt.get((image, level, slot, row, column), [])
                objectness = float(objectnesses[level][at][slot])
                if targets:
                    loss_obj += bce(objectness, True)
                    scores = cls_scores[level][at][7 * slot : 7 * slot + 7]
                    labels = {label for label, _ in targets}
                    loss_cls += sum(
                        bce(score, label in labels)
                        for label, score in enumerate(scores.tolist())
                    )
                    loss_bbox += sum(ciou_loss(box, t) for _, t in targets)
                elif any(
                    overlap(box, face[2:]) > 0.7
                    for face in faces.tolist()
                    if face[0] == image
                ):
                    ignored += 1
                else:
                    loss_obj += bce(objectness, False)
    return loss_cls, loss_obj, loss_bbox, ignored


def test_losses_are_the_plain_ones(head):
    outputs = random_outputs()
    # One prediction that learns nothing comes close to a face: the anchor of
    # 72 x 146 at row 1, column 2 of the middle level.
    exact = head.bbox_coder.encode(
        torch.tensor([40.0 - 36, 24.0 - 73, 40.0 + 36, 24.0 + 73]),
        torch.tensor([20.0, 4.0, 60.0, 44.0]),
        16,
    )
    outputs[1][1][1, 8:, 1, 2] = exact
    faces = torch.cat((FACES, torch.tensor([[1, 0, 18.0, 2.0, 62.0, 46.0]])))
    losses = head.loss_by_feat(*outputs, faces, [{}, {}])
    loss_cls, loss_obj, loss_bbox, ignored = plain_losses(*outputs, faces)
    assert ignored > 0
    weight = head.loss_bbox.loss_weight
    assert float(losses['loss_cls']) == pytest.approx(loss_cls / 2)
    assert float(losses['loss_obj']) == pytest.approx(loss_obj / 2)
    assert float(losses['loss_bbox']) == pytest.approx(weight * loss_bbox / 2)


def test_both_forms_of_ground_truth_are_one(head):
    outputs = random_outputs()
    as_rows = head.loss_by_feat(*outputs, FACES, [{}, {}])
    as_instances = head.loss_by_feat(
        *outputs,
        [
            InstanceData(bboxes=FACES[rows, 2:], labels=FACES[rows, 1].long())
            for rows in (slice(0, 1), slice(1, 3))
        ],
        [{}, {}],
    )
    torch.testing.assert_close(as_instances, as_rows)


def test_without_faces_all_learn_that_there_are_none(head):
    cls_scores, bbox_preds, objectnesses = random_outputs()
    for level in (*cls_scores, *bbox_preds, *objectnesses):
        level.requires_grad_()
    losses = head.loss_by_feat(
        cls_scores, bbox_preds, objectnesses, FACES[:0], [{}, {}]
    )
    assert losses['loss_cls'] == losses['loss_bbox'] == 0
    expected = sum(
        bce(value, False)
        for level in objectnesses
        for value in level.flatten().tolist()
    )
    assert losses['loss_obj'].item() == pytest.approx(expected / 2)
    # Nothing is left out of the graph, as training on several GPUs needs.
    sum(losses.values()).backward()
    assert all(level.grad is not None for level in (*cls_scores, *bbox_preds))


def test_what_is_encoded_is_found(head):
    """A face written into the outputs comes back from the prediction."""
    outputs = [
        [torch.full((1, channels, *size), -9.0) for size in SIZES]
        for channels in (3 * 7, 3 * 4, 3)
    ]
    face = torch.tensor([20.0, 4.0, 60.0, 44.0])
    prior = torch.tensor([40.0 - 36, 24.0 - 73, 40.0 + 36, 24.0 + 73])
    outputs[0][1][0, 14 + 5, 1, 2] = 9
    outputs[1][1][0, 8:, 1, 2] = head.bbox_coder.encode(prior, face, 16)
    outputs[2][1][0, 2, 1, 2] = 9
    meta = dict(ori_shape=(64, 96), scale_factor=(1.0, 1.0))
    cfg = dict(
        multi_label=True,
        score_thr=0.5,
        nms=dict(type='nms', iou_threshold=0.45),
        max_per_img=10,
    )
    (found,) = head.predict_by_feat(
        *outputs, batch_img_metas=[meta], cfg=ConfigDict(cfg)
    )
    assert found.labels.tolist() == [5]
    torch.testing.assert_close(found.bboxes[0], face)
