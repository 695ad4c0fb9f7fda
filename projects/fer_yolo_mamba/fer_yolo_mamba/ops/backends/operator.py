"""Makes an operator of PyTorch from the two passes of a backend.

Operators are what ``torch.compile`` and ``torch.export`` keep whole: they see
the shapes of its results, and never look inside.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.library import custom_op

from ..scan_orders import ScanOrder

_ORDERS = tuple(ScanOrder)


def scan_operator(
    name: str,
    forward: Callable[..., tuple[Tensor, Tensor]],
    backward: Callable[..., tuple[Tensor, Tensor, Tensor]],
    kept_shape: Callable[[Tensor, Tensor, int], tuple[int, ...]],
) -> Callable[..., Tensor]:
    """Registers ``fer_yolo_mamba::omni_scan_<name>`` and its derivative.

    Args:
        name: Of the backend.
        forward: ``forward(u, dt, A, B, C, D, dt_weight, dt_bias, orders,
            keep)`` gives y and what the backward pass needs beside the
            inputs; an empty tensor of one dimension if not `keep`.
        backward: ``backward(grad_y, kept, u, dt, A, B, C, D, dt_weight,
            dt_bias, orders)`` gives the gradients of u, in its dtype; of dt,
            B and C side by side, (batch, H, W, K, R + 2N); and of A,
            dt_weight, dt_bias and D side by side, (K, D, N + R + 2); both of
            A's dtype.
        kept_shape: ``kept_shape(u, A, K)`` tells the shape of what forward
            keeps; its dtype is A's.

    Returns:
        ``scan(u, dt, A, B, C, D, dt_weight, dt_bias, orders)``, as
        ``omni_selective_scan`` describes them; it gives y.
    """

    @custom_op(f'fer_yolo_mamba::omni_scan_{name}', mutates_args=())
    def operator(
        u: Tensor,
        dt: Tensor,
        A: Tensor,
        B: Tensor,
        C: Tensor,
        D: Tensor,
        dt_weight: Tensor,
        dt_bias: Tensor,
        orders: Sequence[int],
        keep: bool,
    ) -> tuple[Tensor, Tensor]:
        tensors = u, dt, A, B, C, D, dt_weight, dt_bias
        with torch.autocast(u.device.type, enabled=False):
            return forward(*tensors, _decode(orders), keep)

    @operator.register_fake
    def _(u, dt, A, B, C, D, dt_weight, dt_bias, orders, keep):
        shape = kept_shape(u, A, len(orders)) if keep else (0,)
        return u.new_empty(u.shape), A.new_empty(shape)

    @custom_op(f'fer_yolo_mamba::omni_scan_{name}_backward', mutates_args=())
    def derivative(
        grad_y: Tensor,
        kept: Tensor,
        u: Tensor,
        dt: Tensor,
        A: Tensor,
        B: Tensor,
        C: Tensor,
        D: Tensor,
        dt_weight: Tensor,
        dt_bias: Tensor,
        orders: Sequence[int],
    ) -> tuple[Tensor, Tensor, Tensor]:
        tensors = u, dt, A, B, C, D, dt_weight, dt_bias
        with torch.autocast(u.device.type, enabled=False):
            return backward(grad_y, kept, *tensors, _decode(orders))

    @derivative.register_fake
    def _(grad_y, kept, u, dt, A, B, C, D, dt_weight, dt_bias, orders):
        rank, states = dt.shape[-1], A.shape[-1]
        return (
            u.new_empty(u.shape),
            A.new_empty(*dt.shape[:-1], rank + 2 * states),
            A.new_empty(*dt_bias.shape, states + rank + 2),
        )

    def save(ctx, inputs, output):
        *tensors, ctx.orders, _ = inputs
        ctx.save_for_backward(output[1], *tensors)
        # Or zeros would be made for `kept`, which nobody differentiates.
        ctx.set_materialize_grads(False)

    def differentiate(ctx, grad_y, _):
        if grad_y is None:
            return (None,) * len(ctx.needs_input_grad)
        tensors = ctx.saved_tensors
        gradients = derivative(grad_y, *tensors, ctx.orders)
        return *_unpack(*gradients, tensors[3]), None, None

    operator.register_autograd(differentiate, setup_context=save)

    def scan(*arguments):
        *tensors, orders = arguments
        keep = torch.is_grad_enabled() and any(x.requires_grad for x in tensors)
        y, _ = operator(*tensors, [_ORDERS.index(x) for x in orders], keep)
        return y

    return scan


def _decode(orders: Sequence[int]) -> tuple[ScanOrder, ...]:
    return tuple(_ORDERS[number] for number in orders)


def _unpack(grad_u, grad_inputs, grad_parameters, A):
    """The eight gradients, in the order of the inputs."""
    states = A.shape[-1]
    rank = grad_inputs.shape[-1] - 2 * states
    grad_dt, grad_B, grad_C = grad_inputs.split((rank, states, states), dim=-1)
    grad_A, grad_dt_weight, grad_dt_bias, grad_D = grad_parameters.split(
        (states, rank, 1, 1), dim=-1
    )
    return (
        grad_u,
        grad_dt,
        grad_A.flatten(0, 1),
        grad_B,
        grad_C,
        grad_D.flatten(),
        grad_dt_weight,
        grad_dt_bias.squeeze(-1),
    )
