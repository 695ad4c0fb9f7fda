"""Checkpoints that nobody should trust: hostile ones, wrong ones, damaged ones.

Each is made of a good one. The hostile try to leave :data:`.trial.CANARY` in
the current folder, to name a file outside of their run, or to take more memory
than there is.
"""

import io
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import numpy as np
import torch

from .good_files import BYSTANDER
from .mutations import mutated
from .trial import CANARY

_CODE = f"x = open({str(CANARY)!r}, 'w').close()"
#: One of each kind, for where each takes long.
TYPICAL = (
    *('good', 'config_is_code', 'call_in_meta', 'call_in_optimizer', 'pickle'),
    *('pointers', 'kept_elsewhere', 'nan', 'bomb', 'flipped_bit', 'cut'),
    *('other_classes', 'epoch_is_text'),
)

# Of a tensor that claims to be large.
_MANY = 2_000_000_000


class _Call:
    """Is unpickled by calling a function."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple:
        return self._call


def write_checkpoints(
    good: Path, folder: Path, count: int, seed: int
) -> list[str]:
    """Writes hostile and wrong checkpoints, and damaged ones up to a number.

    Args:
        good: A checkpoint of a training.
        folder: Where they are written, as ``<name>.pth``.
        count: Of all; those made by hand are written in any case.
        seed: Decides on the damage.

    Returns:
        Their names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = good.read_bytes()
    bystander = folder / BYSTANDER
    bystander.write_text('private')
    names = []
    for name, made in _made_by_hand(content, bystander):
        (folder / f'{name}.pth').write_bytes(made)
        names.append(name)
    for number in range(len(names), count):
        random = Random(f'{seed}/checkpoint/{number}')
        names.append(f'damaged_{number:03}')
        damaged = mutated(content, random)
        (folder / f'{names[-1]}.pth').write_bytes(damaged)
    return names


def _made_by_hand(
    content: bytes, bystander: Path
) -> Iterator[tuple[str, bytes]]:
    good = torch.load(io.BytesIO(content), 'cpu', weights_only=False)
    yield 'good', content
    for name, changes in _changes(good, bystander).items():
        yield name, _saved({**good, **changes})
    yield from _pickles()
    yield from _archives(content)
    yield 'old_format', _saved(good, _use_new_zipfile_serialization=False)
    yield (
        'old_format_call',
        _saved(
            dict(good, meta=_Call(exec, _CODE)),
            _use_new_zipfile_serialization=False,
        ),
    )


def _changes(good: dict, bystander: Path) -> dict[str, dict]:
    """What of the good checkpoint is replaced, by name."""
    meta, state = good['meta'], good['state_dict']
    first = next(iter(state))
    hub = good['message_hub']
    classes = meta['dataset_meta']['classes']
    call = _Call(exec, _CODE)

    def each(change: Callable) -> dict:
        return dict(
            state_dict={
                name: change(value) if value.is_floating_point() else value
                for name, value in state.items()
            }
        )

    def of_meta(**changes: object) -> dict:
        return dict(meta={**meta, **changes})

    def of_run(**changes: object) -> dict:
        info = {**hub['runtime_info'], **changes}
        return dict(message_hub={**hub, 'runtime_info': info})

    def of_first(value: torch.Tensor) -> dict:
        return dict(state_dict={**state, first: value})

    return {
        # Programs.
        'config_is_code': of_meta(cfg=_CODE, config=_CODE),
        'call_in_meta': of_meta(x=call),
        'call_in_optimizer': dict(optimizer=dict(state={0: dict(step=call)})),
        'call_in_hub': of_run(x=call),
        'call_of_evaluation': of_meta(x=_Call(eval, f'exec({_CODE!r})')),
        'call_of_getattr': of_meta(x=_Call(getattr, _Call(exec, _CODE), 'a')),
        'call_of_load': of_meta(x=_Call(torch.load, str(BYSTANDER))),
        'call_of_hub': of_meta(x=_Call(torch.hub.load, '.', 'x')),
        'objects_in_array': of_meta(x=np.array([call], object)),
        # Files of others.
        'best_elsewhere': of_run(
            best_ckpt=f'../{BYSTANDER}', last_ckpt=f'../{BYSTANDER}'
        ),
        'kept_elsewhere': of_run(
            keep_ckpt_ids=[
                f'../../{BYSTANDER}',
                f'../{BYSTANDER}',
                str(BYSTANDER),
            ]
        ),
        'kept_absolute': of_run(keep_ckpt_ids=[str(bystander)]),
        # Numbers that are none, or more than there is memory for.
        'nan': each(lambda x: torch.full_like(x, torch.nan)),
        'one_infinite': of_first(torch.full_like(state[first], torch.inf)),
        'complex': of_first(state[first].to(torch.complex64)),
        'integers': of_first(state[first].int()),
        'wide_view': of_first(torch.zeros(1).expand(_MANY)),
        'wide_view_in_meta': of_meta(x=torch.zeros(1).expand(_MANY)),
        'sparse': of_first(
            torch.zeros(50_000, 50_000, layout=torch.sparse_coo)
        ),
        'meta_device': of_first(torch.zeros(_MANY, device='meta')),
        # Another network, another run.
        'shapes': each(lambda x: x[..., None]),
        'missing': dict(state_dict=dict(list(state.items())[:5])),
        'names': dict(state_dict={f'x.{k}': v for k, v in state.items()}),
        'no_names': dict(state_dict={1: 2, None: torch.zeros(1)}),
        'no_state': dict(state_dict=None),
        'list_state': dict(state_dict=[*state.values()]),
        'other_order': of_meta(
            dataset_meta=dict(meta['dataset_meta'], classes=classes[::-1])
        ),
        'other_classes': of_meta(dataset_meta=dict(classes=('a', 'b'))),
        'no_classes': of_meta(dataset_meta=dict(classes=7)),
        'meta_is_text': dict(meta='x'),
        'epoch_is_text': of_meta(epoch='2', iter='x'),
        'epoch_is_negative': of_meta(epoch=-1, iter=-10),
        'epoch_is_huge': of_meta(epoch=10**18, iter=10**18),
        'optimizer_of_another': dict(optimizer=dict(state={}, param_groups=[])),
        'optimizer_is_text': dict(optimizer='x'),
        'schedulers_of_another': dict(param_schedulers=[{}]),
        'hub_is_text': dict(message_hub='x'),
    }


def _pickles() -> Iterator[tuple[str, bytes]]:
    """Files that are one pickle, as old checkpoints were."""
    yield 'pickle', pickle.dumps(_Call(exec, _CODE), 2)
    yield 'pickle_of_weights', pickle.dumps(dict(state_dict={}), 2)
    nested = []
    loop = {'state_dict': nested}
    nested.append(loop)
    yield 'loop', _saved(loop)
    # An array of objects whose pointers are bytes of the file.
    yield (
        'pointers',
        b'\x80\x02cnumpy\nndarray\n(K\x01\x85cnumpy\ndtype\n'
        b'(U\x01OK\x00K\x01tRU\x08' + b'A' * 8 + b'tR.',
    )
    # An array that is longer than its bytes.
    yield (
        'beyond_buffer',
        b'\x80\x02cnumpy\nndarray\n(J\x00\x00\x00\x40\x85cnumpy\ndtype\n'
        b'(U\x02f8K\x00K\x01tRU\x08' + b'A' * 8 + b'tR.',
    )
    yield 'deep', b'\x80\x02' + b']' * 200_000 + b'a' * 199_999 + b'.'
    yield 'memo', b'\x80\x02r\xff\xff\xff\x7f.'
    yield 'length', b'\x80\x02X\xff\xff\xff\x7fabc.'


def _archives(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Damage to the file as a whole, and to it as an archive."""
    yield 'empty', b''
    yield 'text', b'I am no checkpoint.\n'
    yield 'zeros', bytes(100_000)
    yield 'cut', content[: len(content) // 2]
    yield 'cut_end', content[:-30]
    flipped = bytearray(content)
    # In the middle lie weights: nothing but a checksum tells.
    flipped[len(content) // 2] ^= 0x40
    yield 'flipped_bit', bytes(flipped)
    yield 'bomb', _bomb(content)
    other = io.BytesIO()
    with zipfile.ZipFile(other, 'w') as archive:
        archive.writestr('photo.jpg', b'x' * 100)
    yield 'other_zip', other.getvalue()


def _bomb(content: bytes) -> bytes:
    """Deflated zeros in the place of a tensor's numbers: 2 GB in 9 MB."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(
            out, 'w', zipfile.ZIP_DEFLATED, compresslevel=1
        ) as target,
    ):
        largest = max(source.infolist(), key=lambda info: info.file_size)
        for info in source.infolist():
            if info is not largest:
                target.writestr(info.filename, source.read(info))
                continue
            with target.open(info.filename, 'w', force_zip64=True) as member:
                for _ in range(_MANY >> 20):
                    member.write(bytes(1 << 20))
    return out.getvalue()


def _saved(checkpoint: object, **options: object) -> bytes:
    out = io.BytesIO()
    torch.save(checkpoint, out, **options)
    return out.getvalue()
