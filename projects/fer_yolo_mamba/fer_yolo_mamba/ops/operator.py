"""Makes an operator of PyTorch from the two passes of a backend.

Operators are what ``torch.compile`` and ``torch.export`` keep whole: they see
the shapes of its results, and never look inside. PyTorch's counter of
floating-point operations, too, takes them as they are.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.library import custom_op

from .backend import ScanInputs
from .orders import ScanOrder

_ORDERS = tuple(ScanOrder)
_OPERATORS = []  # all that were made
_TENSORS = ', '.join(f'Tensor {name}' for name in ScanInputs._fields)


def scan_operator(
    name: str,
    forward: Callable[..., tuple[Tensor, Tensor]],
    backward: Callable[..., tuple[Tensor, Tensor, Tensor]],
    kept_shape: Callable[[ScanInputs], tuple[int, ...]],
) -> Callable[[ScanInputs, Sequence[ScanOrder]], Tensor]:
    """Registers ``fer_yolo_mamba::omni_scan_<name>`` and its derivative.

    Args:
        name: Of the backend.
        forward: ``forward(inputs, orders, keep)`` gives y, (batch, H, W, D) of
            u's dtype, and what the backward pass needs beside the inputs; an
            empty tensor of one dimension if not `keep`.
        backward: ``backward(grad_y, kept, inputs, orders)`` gives gradients of
            ``inputs.gradient_shapes``, that of u in its dtype, the others in
            A's.
        kept_shape: ``kept_shape(inputs)`` tells the shape of what forward
            keeps; its dtype is A's.

    Returns:
        ``scan(inputs, orders)``, as ``omni_selective_scan`` describes them.
    """
    full_name = f'fer_yolo_mamba::omni_scan_{name}'

    @custom_op(
        full_name,
        mutates_args=(),
        schema=f'({_TENSORS}, int[] orders, bool keep) -> (Tensor, Tensor)',
    )
    def operator(*arguments):
        *tensors, orders, keep = arguments
        inputs = ScanInputs(*tensors)
        with torch.autocast(inputs.u.device.type, enabled=False):
            return forward(inputs, _decode(orders), keep)

    @operator.register_fake
    def _(*arguments):
        *tensors, _, keep = arguments
        inputs = ScanInputs(*tensors)
        shape = kept_shape(inputs) if keep else (0,)
        return inputs.u.new_empty(inputs.u.shape), inputs.A.new_empty(shape)

    @custom_op(
        f'{full_name}_backward',
        mutates_args=(),
        schema=f'(Tensor grad_y, Tensor kept, {_TENSORS}, int[] orders)'
        ' -> (Tensor, Tensor, Tensor)',
    )
    def derivative(grad_y, kept, *arguments):
        *tensors, orders = arguments
        inputs = ScanInputs(*tensors)
        with torch.autocast(inputs.u.device.type, enabled=False):
            return backward(grad_y, kept, inputs, _decode(orders))

    @derivative.register_fake
    def _(grad_y, kept, *arguments):
        *tensors, _ = arguments
        inputs = ScanInputs(*tensors)
        of_u, *others = inputs.gradient_shapes
        return inputs.u.new_empty(of_u), *map(inputs.A.new_empty, others)

    def save(ctx, inputs, output):
        *tensors, ctx.orders, _ = inputs
        ctx.save_for_backward(output[1], *tensors)
        # Or zeros would be made for `kept`, which nobody differentiates.
        ctx.set_materialize_grads(False)

    def differentiate(ctx, grad_y, _):
        if grad_y is None:
            return (None,) * len(ctx.needs_input_grad)
        kept, *tensors = ctx.saved_tensors
        gradients = derivative(grad_y, kept, *tensors, ctx.orders)
        states = ScanInputs(*tensors).states
        return *_unpack(*gradients, states), None, None

    operator.register_autograd(differentiate, setup_context=save)

    _OPERATORS.append(getattr(torch.ops.fer_yolo_mamba, f'omni_scan_{name}'))

    def scan(inputs: ScanInputs, orders: Sequence[ScanOrder]) -> Tensor:
        is_compiling = torch.compiler.is_compiling()  # which knows no other
        if not is_compiling and torch.is_inference_mode_enabled():
            # Without the operator, whose first call imports the compiler: that
            # takes longer than all else on the way to a first answer.
            with torch.autocast(inputs.u.device.type, enabled=False):
                return forward(inputs, tuple(orders), False)[0]
        keep = torch.is_grad_enabled() and any(x.requires_grad for x in inputs)
        y, _ = operator(*inputs, [_ORDERS.index(x) for x in orders], keep)
        return y

    return scan


@lru_cache
def register_flop_formulas() -> tuple:
    """Lets PyTorch's ``FlopCounterMode`` count the operations of scans.

    B maps of L pixels in K directions, of D channels with N states and steps
    of rank R, count 9 B L K D N for the recurrence, B L K D for the direct path
    (both as VMamba counts them, arXiv 2401.10166) and 2 B L K D R for the
    projection of the steps. The backends 'reference' and 'mamba_ssm' are no
    operators: of them, nothing is counted but matrix products.

    Returns:
        The operators, by which ``get_flop_counts()['Global']`` names them.
    """
    # Not with this module: it imports Triton, which then looks for the switch
    # of its interpreter.
    from torch.utils.flop_counter import register_flop_formula

    register_flop_formula(_OPERATORS)(_count_flops)
    return tuple(_OPERATORS)


def _count_flops(u_shape, dt_shape, A_shape, *_, **__) -> int:
    *steps, rank = dt_shape
    return math.prod(steps) * u_shape[-1] * (9 * A_shape[-1] + 1 + 2 * rank)


def _decode(orders: Sequence[int]) -> tuple[ScanOrder, ...]:
    return tuple(_ORDERS[number] for number in orders)


def _unpack(grad_u, grad_inputs, grad_parameters, states: int) -> ScanInputs:
    """The gradient of each input."""
    rank = grad_inputs.shape[-1] - 2 * states
    grad_dt, grad_B, grad_C = grad_inputs.split((rank, states, states), dim=-1)
    grad_A, grad_dt_weight, grad_dt_bias, grad_D = grad_parameters.split(
        (states, rank, 1, 1), dim=-1
    )
    return ScanInputs(
        u=grad_u,
        dt=grad_dt,
        A=grad_A.flatten(0, 1),
        B=grad_B,
        C=grad_C,
        D=grad_D.flatten(),
        dt_weight=grad_dt_weight,
        dt_bias=grad_dt_bias.squeeze(-1),
    )
