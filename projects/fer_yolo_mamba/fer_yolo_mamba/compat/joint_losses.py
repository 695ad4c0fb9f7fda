"""Heads whose losses are of the pictures of all processes.

A loss is seldom a mean over pictures: most heads divide by the faces that their
process happens to see, some by none, and the mean over the processes is then
another loss than that of one process with the whole batch. Here each process
sees the predictions of all, and computes the loss of the whole.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import torch
import torch.distributed as dist
import torch.nn as nn
from mmengine.dist import all_gather_object, get_rank
from mmengine.structures import BaseDataElement
from torch import Tensor

from ..errors import InputError


def join_losses(head: nn.Module) -> None:
    """Lets a dense head of mmdet or mmyolo compute the loss of all processes.

    Every process computes it, for all pictures, and its gradient for its own.
    Pictures take turns, as they do in mmengine's samplers: that at place k of
    process r is the picture k * processes + r of the whole.

    Args:
        head: Is changed: its class becomes one that derives from it.
    """
    kind = type(head)
    head.__class__ = type(kind.__name__, (_JointLosses, kind), {})


class JointSum(torch.autograd.Function):
    """The sum over all processes, of a value and of its gradient."""

    @staticmethod
    def forward(ctx, value: Tensor) -> Tensor:
        value = value.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return JointSum.apply(gradient)


class _JointLosses:
    """Stands before a head's class."""

    def loss_by_feat(self, *arguments) -> dict[str, Tensor]:
        """The losses of all pictures, the same in every process.

        Args:
            arguments: Predictions, lists by level of (B, ...) or of lists of
                them; then what mmdet and mmyolo add: a list with an entry a
                picture, or faces (N, 6) whose first column is the picture.

        Raises:
            InputError: The processes' pictures differ in size.
        """
        predictions = [part for part in arguments if _is_predicted(part)]
        targets = [part for part in arguments if not _is_predicted(part)]
        shapes = [tensor.shape for tensor in _tensors(predictions)]
        batch = shapes[0][0]
        told = all_gather_object(
            (batch, [shape[1:] for shape in shapes], _to(targets, 'cpu'))
        )
        batches, maps, targets_of_all = zip(*told, strict=True)
        if any(other != maps[0] for other in maps):
            raise InputError(
                'the pictures of a step differ in size between processes: '
                'give all one size, or let each process keep its own losses, '
                "model_wrapper_cfg=dict(type='MMDistributedDataParallel').",
            )
        turns = sorted(
            (place, rank)
            for rank, batch in enumerate(batches)
            for place in range(batch)
        )
        joined = _joined(predictions, turns)
        device = next(_tensors(predictions)).device
        for parts in zip(*targets_of_all, strict=True):
            joined.append(_to(_merged(parts, turns), device))
        with _told_of_one_process(type(self)):
            return super().loss_by_feat(*joined)


def _is_predicted(part) -> bool:
    return isinstance(part, (list, tuple)) and isinstance(
        part[0], (Tensor, list, tuple)
    )


def _tensors(parts) -> Iterator[Tensor]:
    for part in parts:
        if isinstance(part, Tensor):
            yield part
        else:
            yield from _tensors(part)


def _joined(part, turns: list[tuple[int, int]]):
    """The tensors (B, ...) of a tree, each with those of all processes."""
    if not isinstance(part, Tensor):
        return [_joined(inner, turns) for inner in part]
    own = [place for place, (_, rank) in enumerate(turns) if rank == get_rank()]
    whole = part.new_zeros(len(turns), *part.shape[1:])
    index = torch.tensor(own, device=part.device)
    return JointSum.apply(whole.index_copy(0, index, part))


def _merged(parts, turns: list[tuple[int, int]]):
    """One of the further arguments, of all processes.

    Args:
        parts: A process's each.
        turns: Place and process of every picture of the whole.
    """
    if parts[0] is None:
        return None
    if not isinstance(parts[0], Tensor):
        return [parts[rank][place] for place, rank in turns]
    of_pictures = []
    for number, (place, rank) in enumerate(turns):
        faces = parts[rank][parts[rank][:, 0] == place]
        faces[:, 0] = number
        of_pictures.append(faces)
    return torch.cat(of_pictures)


def _to(part, device):
    if isinstance(part, (Tensor, BaseDataElement)):
        return part.to(device)
    if isinstance(part, (list, tuple)):
        return [_to(inner, device) for inner in part]
    return part


@contextmanager
def _told_of_one_process(head: type) -> Iterator[None]:
    """mmyolo's heads multiply by the processes, of which each saw a part."""
    modules = {sys.modules[kind.__module__] for kind in head.__mro__}
    with ExitStack() as patches:
        for module in modules:
            if hasattr(module, 'get_dist_info'):
                patches.enter_context(
                    patch.object(module, 'get_dist_info', lambda: (0, 1))
                )
        yield
