"""Made-up faces, and one call of each kind on a small network."""

import pytest
import torch

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.studies.benchmark import networks

CPU = torch.device('cpu')


@pytest.fixture
def config(repository):
    return load_config(repository / 'configs/fer_yolo_mamba_demo.py')


@pytest.fixture
def built(monkeypatch):
    """The networks that the benchmark builds."""
    found = []
    build = networks.build_network

    def remember(*args):
        found.append(build(*args))
        return found[-1]

    monkeypatch.setattr(networks, 'build_network', remember)
    return found


def test_faces_lie_in_their_pictures():
    pictures = networks.make_faces(12, 96)
    counts = set()
    for picture in pictures:
        assert picture['inputs'].shape == (3, 96, 96)
        assert picture['inputs'].dtype == torch.uint8
        faces = picture['data_samples'].gt_instances
        counts.add(len(faces))
        boxes = faces.bboxes.tensor
        assert boxes.min() >= 0
        assert boxes.max() <= 96
        width, height = (boxes[:, 2:] - boxes[:, :2]).unbind(1)
        assert width.min() >= 0.2 * 96 - 1e-3
        assert (height > width).all()
        assert 0 <= faces.labels.min() <= faces.labels.max() < 7
    assert counts == {1, 2, 3}


def test_inference_changes_nothing(config, built):
    call = networks.make_inference(config, 2, 64, CPU)
    (network,) = built
    before = {name: x.clone() for name, x in network.state_dict().items()}
    call()
    assert not network.training
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_training_step_moves_every_parameter(config, built):
    call = networks.make_training_step(config, 2, 64, CPU)
    (network,) = built
    before = {name: x.clone() for name, x in network.named_parameters()}
    call()
    assert network.training
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
    moved = sum(
        not torch.equal(x, before[name])
        for name, x in network.named_parameters()
    )
    assert moved > 0.9 * len(before)


def test_every_network_starts_from_the_same_weights(config, built):
    state = torch.get_rng_state()
    networks.make_inference(config, 1, 32, CPU, fused=False)
    networks.make_training_step(config, 1, 32, CPU)
    one, two = (dict(network.named_parameters()) for network in built)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert torch.equal(torch.get_rng_state(), state)
