"""What each direction of a scan lets a pixel see."""

import pytest
import torch
import torch.nn as nn
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.models import OmniSS2D
from fer_yolo_mamba.models.receptive_field import (
    direction_gradients,
    finest_scan,
)
from fer_yolo_mamba.ops import (
    OMNI_ORDERS,
    TRUE_OMNI_ORDERS,
    ScanOrder,
    order_indices,
)

HEIGHT, WIDTH, PIXEL = 5, 6, (2, 3)


def layer_of(orders=OMNI_ORDERS, **arguments):
    torch.manual_seed(0)
    layer = OmniSS2D(4, d_state=2, orders=orders, **arguments).double()
    # Each direction and channel its own: they begin alike.
    nn.init.uniform_(layer.A_logs)
    nn.init.uniform_(layer.Ds)
    return layer


@pytest.fixture
def x():
    torch.manual_seed(1)
    return torch.randn(1, HEIGHT, WIDTH, 8, dtype=torch.float64)


@pytest.mark.parametrize('order', ScanOrder)
def test_a_direction_sees_what_came_before_and_nothing_else(order, x):
    (field,) = direction_gradients(layer_of([order]), x, PIXEL)
    seen = field.abs().sum(-1).flatten()[order_indices(order, HEIGHT, WIDTH)]
    path = order_indices(order, HEIGHT, WIDTH).tolist()
    position = path.index(PIXEL[0] * WIDTH + PIXEL[1])
    assert 0 < position < len(path) - 1
    assert (seen[: position + 1] > 0).all()
    assert not seen[position + 1 :].any()


@pytest.mark.parametrize(
    ('orders', 'shared'),
    [(OMNI_ORDERS, False), (OMNI_ORDERS, True), (TRUE_OMNI_ORDERS, False)],
)
def test_directions_add_up_to_the_scan(orders, shared, x):
    layer = layer_of(orders, shared_projections=shared)
    fields = direction_gradients(layer, x, PIXEL)
    assert fields.shape == (8, HEIGHT, WIDTH, 8)
    x.requires_grad_()
    (whole,) = torch.autograd.grad(layer.mix(x)[0, PIXEL[0], PIXEL[1]].sum(), x)
    torch.testing.assert_close(fields.sum(0), whole[0])


def test_a_field_is_that_of_finite_differences(x):
    layer = layer_of([ScanOrder.DIAGONAL])
    (field,) = direction_gradients(layer, x, PIXEL)
    step = torch.zeros_like(x)
    step[0, 1, 2, 5] = 1e-5
    with torch.no_grad():
        change = (layer.mix(x + step) - layer.mix(x - step))[0, 2, 3].sum()
    assert field[1, 2, 5].item() == pytest.approx(change.item() / 2e-5, 1e-5)


@pytest.fixture(scope='module')
def model(narrow_config):
    return MODELS.build(load_config(narrow_config).model).eval()


def test_the_finest_scan_and_what_it_reads(model):
    batch = 255 * torch.rand(1, 3, 64, 96)
    layer, x = finest_scan(model, batch)
    assert layer is model.neck.top_down_layers[1].oss.ss
    assert x.shape[:3] == (1, 8, 12)
    read = []
    layer.mix, mix = lambda x: read.append(x) or mix(x), layer.mix
    try:
        with torch.no_grad():
            model.extract_feat(batch)
    finally:
        del layer.mix
    torch.testing.assert_close(x, read[0])


def test_a_network_that_scans_nothing(model, narrow_config):
    config = load_config(narrow_config)
    config.model.neck.vss_cfg = dict(oss=False)
    network = MODELS.build(config.model).eval()
    with pytest.raises(InputError, match='this network scans nothing'):
        finest_scan(network, torch.zeros(1, 3, 64, 64))
