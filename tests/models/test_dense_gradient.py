"""A gradient without gaps, laid out as the map is."""

import pytest
import torch

from fer_yolo_mamba.models.dense_gradient import DenseGradient


@pytest.mark.parametrize(
    'layout', [torch.channels_last, torch.contiguous_format]
)
def test_the_gradient_of_a_part_is_dense(layout):
    maps = torch.randn(2, 2, 3, 4, 5, requires_grad=True).unbind()
    left, right = (x.contiguous(memory_format=layout) for x in maps)
    seen = []
    left.register_hook(seen.append)
    weights = torch.randn(2, 6, 4, 5).contiguous(memory_format=layout)
    both = torch.cat([DenseGradient.apply(left), right], dim=1)
    both.backward(weights)
    (gradient,) = seen
    assert gradient.is_contiguous(memory_format=layout)
    assert gradient.equal(weights[:, :3])
