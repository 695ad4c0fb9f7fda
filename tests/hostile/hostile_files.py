"""Checkpoints that would harm their reader, each small enough for a test."""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

PROGRAM = "open('touched', 'w').close()"


class Call:
    """Pickles as a call, and perhaps as state that is then set."""

    def __init__(self, function, *arguments, state=None):
        self.parts = (function, arguments, state)[: 2 if state is None else 3]

    def __reduce__(self):
        return self.parts


RUN = Call(exec, PROGRAM)


def training_checkpoint() -> dict:
    """As mmengine writes one, of a very small network."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8)
    )
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(1, 3, 8, 8)).sum().backward()
    optimizer.step()
    history = HistoryBuffer()
    history.update(np.float64(0.5).item())
    return dict(
        meta=dict(
            epoch=1,
            iter=2,
            cfg='model = dict()',
            seed=0,
            dataset_meta=dict(classes=('Happy', 'Sad')),
        ),
        state_dict=model.state_dict(),
        message_hub=dict(
            log_scalars=OrderedDict({'train/loss': history}),
            runtime_info=OrderedDict(
                keep_ckpt_ids=[1], best_score=np.float64(0.5)
            ),
            resumed_keys=OrderedDict({'train/loss': True}),
        ),
        optimizer=optimizer.state_dict(),
        param_schedulers=[],
    )


def saved(content: object, **options) -> bytes:
    """What torch.save writes of it."""
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def with_pickle(whole: bytes, program: bytes) -> bytes:
    """The archive with another pickle in it."""
    return _rewritten(
        whole, lambda name, old: program if _is_table(name) else old
    )


def hostile_files(good: dict) -> Iterator[tuple[str, bytes, str]]:
    """Name, content, and a word of the sentence that refuses it."""
    whole = saved(good)
    weights = good['state_dict']
    storage = torch.zeros(4).storage()

    def inside(value):
        return saved({**good, 'extra': value})

    # Calls of what would run, at the top, deep inside, and alone.
    yield 'pickle_meta', saved({**good, 'meta': {'x': RUN}}), 'exec'
    state = {'state': {0: {'step': RUN}}}
    yield 'pickle_optimizer', saved({**good, 'optimizer': state}), 'exec'
    yield 'pickle_bare', pickle.dumps(RUN, protocol=2), 'exec'
    yield 'pickle_new', pickle.dumps(RUN), 'damaged'
    yield 'pickle_old', saved(RUN, _use_new_zipfile_serialization=False), 'exec'
    # Those that torch's own reader would allow.
    yield 'attribute', inside(Call(getattr, HistoryBuffer, '__init__')), 'init'
    yield 'memory', inside(Call(bytearray, 10**12)), 'bytearray'
    sparse = torch.sparse_coo_tensor([[10**9]], [1.0], (10**9 + 1,))
    yield 'sparse', inside(sparse), 'sparse'
    # Object pointers made of bytes, and other arrays that are not numbers.
    pointers = (
        b'\x80\x02cnumpy\nndarray\n(K\x01\x85cnumpy\ndtype\n(X\x01\0\0\0OK\0'
        b'K\x01tRX\x08\0\0\0AAAAAAAAtR.'
    )
    yield 'object_array', pointers, 'array'
    yield 'object_array_zip', with_pickle(whole, pointers), 'array'
    yield 'objects', inside(np.array([{}])), 'array of O8'
    yield 'records', inside(np.zeros(1, 'f4,f4')), 'array of V8'
    yield 'short', inside(_changed(np.zeros(4), shape=(10**6,))), 'size'
    swapped = np.zeros(1).astype('>f8')
    yield 'other_order', inside(swapped), 'type'
    # Claims beyond what is there.
    for name, shape, stride, offset in (
        ('beyond', (5,), (1,), 0),
        ('behind', (1,), (1,), 4),
        ('strides', (2,), (2**40,), 0),
        ('wide', (10**12,), (0,), 0),
        ('negative', (2,), (-1,), 1),
    ):
        claim = Call(
            torch._utils._rebuild_tensor_v2,
            *(storage, offset, shape, stride, False, OrderedDict()),
        )
        yield f'tensor_{name}', inside(claim), 'tensor'
    larger = whole.replace(b'K\x08tq', b'K\xfftq')
    yield 'storage_larger', larger, 'damaged'
    old = saved({'w': torch.zeros(300)}, _use_new_zipfile_serialization=False)
    # 2**31 - 1 numbers.
    claim = old.replace(b'M,\x01', b'J\xff\xff\xff\x7f', 1)
    yield 'storage_old', claim, 'larger than the file'
    yield 'compressed', _rewritten(whole, _zeros, zipfile.ZIP_DEFLATED), 'parts'
    # What never ends.
    laughs = [0]
    for _ in range(60):
        laughs = [laughs, laughs]
    yield 'laughs', inside(laughs), 'nested'
    endless = []
    endless.append(endless)
    yield 'endless', inside(endless), 'nested'
    # State of what is none of a checkpoint's.
    odd = OrderedDict(weights)
    odd.copy = HistoryBuffer
    yield 'attributes', saved({**good, 'state_dict': odd}), 'attributes'
    function = b'\x80\x02c__builtin__\ngetattr\n}b.'
    yield 'state_of_function', with_pickle(whole, function), 'sets the state'
    fields = (3, '<', None, None, None, 8, 1, 63)
    of_objects = Call(np.dtype, 'f8', False, True, state=fields)
    yield 'state_of_dtype', inside(of_objects), 'another type'
    # An index for which Python's reader in C would reserve 16 GB.
    memo = b'\x80\x02}r\xff\xff\xff\x7f.'
    yield 'memo', with_pickle(whole, memo), 'state_dict'
    # Weights that are no numbers, and things that are no weights.
    for word, number in (('nan', torch.nan), ('inf', torch.inf)):
        bad = {**weights, '0.bias': torch.full((8,), number)}
        yield word, saved({**good, 'state_dict': bad}), 'not finite'
    half = {'0.bias': torch.full((8,), torch.inf, dtype=torch.bfloat16)}
    yield 'inf_half', saved(half), 'not finite'
    yield 'no_tensors', saved({'state_dict': {'0.bias': 1}}), 'state_dict'
    yield 'a_list', saved([torch.zeros(1)]), 'state_dict'
    yield 'empty', b'', 'damaged'
    yield 'text', b'version https://git-lfs.github.com/spec/v1\n', 'damaged'
    yield 'script', _script(), 'damaged'


def _is_table(name: str) -> bool:
    return name.endswith('/data.pkl')


def _zeros(name: str, old: bytes) -> bytes:
    return bytes(2**28) if name.endswith('data/0') else old


def _rewritten(whole: bytes, change, method=zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as source,
        zipfile.ZipFile(out, 'w', method) as target,
    ):
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return out.getvalue()


def _changed(array: np.ndarray, shape: tuple) -> Call:
    """The array's pickle, with another shape in its state."""
    function, arguments, state = array.__reduce__()
    version, _, *rest = state
    return Call(function, *arguments, state=(version, shape, *rest))


def _script() -> bytes:
    class Half(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x / 2

    out = io.BytesIO()
    torch.jit.save(torch.jit.trace(Half(), torch.zeros(1)), out)
    return out.getvalue()


def write_files(good: dict, folder: Path) -> dict[str, tuple[Path, str]]:
    """Writes all of them; paths and words by name."""
    found = {}
    for name, content, word in hostile_files(good):
        path = folder / f'{name}.pth'
        path.write_bytes(content)
        found[name] = path, word
    return found
