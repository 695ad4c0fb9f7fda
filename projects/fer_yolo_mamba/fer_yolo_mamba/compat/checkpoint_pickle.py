"""The pickle in a checkpoint, read by a table of all that it may ask for.

A pickle is a program that names functions and calls them. torch's own reader
allows a list of them, among which are some that take unchecked indices or any
length; here is only what mmengine 0.10.7 writes, and every name stands for a
function of this file that takes no more than that:

- tensors that lie within their storage, and the versions of modules;
- NumPy scalars and arrays of numbers, under the names of NumPy 2 and before;
- the log history, made of a class of its own and its four statistics.

Python's own unpickler in C reserves memory for whatever index a file names,
and sets state on any object: hence the one in Python, with few instructions.
"""

import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable
from math import prod
from typing import BinaryIO

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

# Each reads a few bytes; the largest known checkpoint has 64,000.
_MOST_INSTRUCTIONS = 3_000_000
# No storage, and no side of a tensor, is longer.
_LONGEST = 2**48
_STATISTICS = ('min', 'max', 'current', 'mean')
_NUMBERS = ('b1', 'i4', 'i8', 'f2', 'f4', 'f8')
# State of a plain dtype: version, byte order, nothing else.
_PLAIN_STATE = (None, None, None, -1, -1, 0)
_STORAGES = dict(
    BFloat16Storage=torch.bfloat16,
    BoolStorage=torch.bool,
    ByteStorage=torch.uint8,
    CharStorage=torch.int8,
    DoubleStorage=torch.float64,
    FloatStorage=torch.float32,
    HalfStorage=torch.float16,
    IntStorage=torch.int32,
    LongStorage=torch.int64,
    ShortStorage=torch.int16,
)


def unpickle(
    file: BinaryIO, storage: Callable[[torch.dtype, str, int], torch.Tensor]
) -> object:
    """Reads one pickle from where a file stands.

    Args:
        file: Opened for reading.
        storage: Gives the flat tensor of a dtype, a key and a length that the
            pickle names.

    Returns:
        Tensors, plain data and log histories.

    Raises:
        Exception: The pickle is damaged or asks for something else; of which
            kind depends on where that shows.
    """
    return _Unpickler(_Counted(file), storage).load()


def torch_globals() -> list[tuple[Callable, str]]:
    """The same stand-ins for whoever calls torch.load, by their names."""
    return [
        (stand_in, name)
        for name, stand_in in _TABLE.items()
        if not name.startswith(('torch', 'collections', '_codecs'))
    ]


class _Counted:
    """A file that is read in a bounded number of steps."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._steps = file, 0

    def read(self, size: int) -> bytes:
        self._steps += 1
        _demand(self._steps <= _MOST_INSTRUCTIONS, 'it goes on for ever')
        return self._file.read(size)

    def readline(self) -> bytes:
        return self._file.readline(200)


class _Unpickler(pickle._Unpickler):
    def __init__(self, file: _Counted, storage: Callable) -> None:
        super().__init__(file)
        self._storage = storage

    def find_class(self, module: str, name: str) -> object:
        found = _TABLE.get(f'{module}.{name}')
        if found is None and module == 'torch':
            found = _STORAGES.get(name)
        _demand(found is not None, f'it asks for {f"{module}.{name}"!a}')
        return found

    def persistent_load(self, key: object) -> torch.Tensor:
        kind, dtype, name, _, length, *view = key
        _demand(
            kind == 'storage'
            and isinstance(dtype, torch.dtype)
            and type(name) is str
            and type(length) is int
            and 0 <= length < _LONGEST
            and view in ([], [None]),
            'a storage of another kind',
        )
        return self._storage(dtype, name, length)

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        _demand(
            any(function is allowed for allowed in _TABLE.values()),
            'it calls what it was not given',
        )
        self.stack[-1] = function(*arguments)

    def load_newobj(self) -> None:
        arguments, kind = self.stack.pop(), self.stack.pop()
        _demand(kind is _History and arguments == (), 'it makes an object')
        self.append(kind.__new__(kind))

    def load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is OrderedDict:
            _set_versions(target, state)
        else:
            _demand(
                type(target) in (Array, _Numbers, _History),
                'it sets the state of an object',
            )
            target.__setstate__(state)

    def load_append(self) -> None:
        value = self.stack.pop()
        self._last(list).append(value)

    def load_appends(self) -> None:
        values = self.pop_mark()
        self._last(list).extend(values)

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._last(dict, OrderedDict)[key] = value

    def load_setitems(self) -> None:
        items = self.pop_mark()
        target = self._last(dict, OrderedDict)
        target.update(zip(items[::2], items[1::2], strict=True))

    def _last(self, *kinds: type) -> object:
        _demand(type(self.stack[-1]) in kinds, 'it fills an object')
        return self.stack[-1]

    dispatch = {
        **{
            getattr(pickle, name)[0]: pickle._Unpickler.dispatch[
                getattr(pickle, name)[0]
            ]
            for name in (
                *('PROTO', 'STOP', 'MARK', 'GLOBAL', 'BINPERSID'),
                *('NONE', 'NEWTRUE', 'NEWFALSE', 'BINUNICODE', 'LONG1'),
                *('BININT', 'BININT1', 'BININT2', 'BINFLOAT'),
                *('EMPTY_DICT', 'EMPTY_LIST', 'EMPTY_TUPLE'),
                *('TUPLE', 'TUPLE1', 'TUPLE2', 'TUPLE3'),
                *('BINPUT', 'LONG_BINPUT', 'BINGET', 'LONG_BINGET'),
            )
        },
        pickle.REDUCE[0]: load_reduce,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.BUILD[0]: load_build,
        pickle.APPEND[0]: load_append,
        pickle.APPENDS[0]: load_appends,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
    }


class _Numbers:
    """Stands for np.dtype: one of a few plain types of numbers."""

    def __init__(self, name: str, align: object, copy: object) -> None:
        _demand(name in _NUMBERS, f'an array of {name}')
        self.dtype = np.dtype(f'<{name}')

    def __setstate__(self, state: tuple) -> None:
        version, order, *rest = state
        _demand(
            version == 3 and order in '<|' and (*rest,) == _PLAIN_STATE,
            'an array of another type',
        )


class Array(np.ndarray):
    """Stands for np.ndarray, and is written as one again."""

    def __new__(cls, *arguments) -> None:
        raise pickle.UnpicklingError('it makes an array of memory')

    def __setstate__(self, state: tuple) -> None:
        version, shape, numbers, in_columns, content = state
        _demand(
            version == 1
            and type(numbers) is _Numbers
            and type(content) is bytes
            and _are_sizes(shape)
            and in_columns in (False, True)
            and prod(shape) * numbers.dtype.itemsize == len(content),
            'an array of another size than its content',
        )
        super().__setstate__((1, shape, numbers.dtype, in_columns, content))

    def __reduce__(self) -> tuple:
        return self.view(np.ndarray).__reduce__()


class _History(HistoryBuffer):
    """Stands for mmengine's HistoryBuffer, and becomes one."""

    def __setstate__(self, state: dict) -> None:
        state = dict(state)
        _demand(
            state.pop('statistics_methods', {}).keys() <= {*_STATISTICS},
            'a log with other statistics',
        )
        _demand(
            state.keys() == {'max_length', '_log_history', '_count_history'},
            'a log of another kind',
        )
        _demand(type(state['max_length']) is int, 'a log of no length')
        for name in ('_log_history', '_count_history'):
            values = state[name]
            _demand(
                type(values) is Array and values.ndim == 1, 'a log of no list'
            )
            state[name] = values.view(np.ndarray)
        _demand(
            len(state['_log_history']) == len(state['_count_history']),
            'a log of two lengths',
        )
        self.__dict__.update(state)
        self.__class__ = HistoryBuffer
        # Of the class; mmengine registers them as it makes the first object.
        self._set_default_statistics()


def _reconstruct(kind: type, shape: tuple, code: bytes) -> Array:
    """Stands for NumPy's: an empty array, whose state follows."""
    _demand(kind is Array and shape == (0,), 'an array of another class')
    return np.empty(0).view(Array)


def _scalar(numbers: _Numbers, content: bytes) -> np.generic:
    """Stands for NumPy's: one number of exactly as many bytes."""
    _demand(
        type(numbers) is _Numbers
        and type(content) is bytes
        and len(content) == numbers.dtype.itemsize,
        'a number of another size than its content',
    )
    return np.frombuffer(content, numbers.dtype)[0]


def _statistic(owner: type, name: str) -> Callable:
    """Stands for ``getattr``: HistoryBuffer pickles its statistics with it.

    The real one would hand a file every attribute of everything.
    """
    _demand(owner is _History and name in _STATISTICS, f'it asks for {name!a}')
    return getattr(HistoryBuffer, name)


def _encode(text: str, encoding: str) -> bytes:
    """Stands for ``_codecs.encode``: bytes, as Python 2 knew none."""
    _demand(encoding == 'latin1', 'it asks for an encoding')
    return text.encode(encoding)


def _ordered(items: object = ()) -> OrderedDict:
    return OrderedDict(items)


def _counter(items: dict) -> Counter:
    _demand(type(items) is dict, 'a counter of no dictionary')
    return Counter(items)


def _tensor(
    storage: torch.Tensor,
    offset: int,
    size: tuple,
    stride: tuple,
    requires_grad: bool,
    hooks: object,
    metadata: object = None,
) -> torch.Tensor:
    """Stands for torch's: a view that lies within its storage."""
    _demand(
        type(storage) is torch.Tensor
        and storage.dim() == 1
        and metadata is None
        and type(offset) is int
        and offset >= 0
        and _are_sizes(size)
        and _are_sizes(stride)
        and len(size) == len(stride),
        'a tensor of another kind',
    )
    count = prod(size)
    last = offset + sum(
        (n - 1) * step for n, step in zip(size, stride, strict=True)
    )
    _demand(
        count == 0 or (count <= len(storage) and last < len(storage)),
        f'a tensor of {count} numbers in a storage of {len(storage)}',
    )
    return storage.as_strided(size, stride, offset if count else 0)


def _parameter(
    value: torch.Tensor, requires_grad: bool, hooks: object
) -> torch.Tensor:
    _demand(type(value) is torch.Tensor, 'a parameter that is no tensor')
    return value


def _set_versions(target: OrderedDict, state: dict) -> None:
    """What torch's state dicts say of each module: its version."""
    _demand(
        isinstance(state, dict) and state.keys() == {'_metadata'},
        'a dictionary with attributes',
    )
    versions = state['_metadata']
    _demand(
        isinstance(versions, dict)
        and all(
            type(name) is str
            and type(of_module) is dict
            and of_module.keys() == {'version'}
            and type(of_module['version']) is int
            for name, of_module in versions.items()
        ),
        'versions of no modules',
    )
    target._metadata = versions


def _are_sizes(values: object) -> bool:
    return (
        type(values) is tuple
        and len(values) <= 16
        and all(type(n) is int and 0 <= n < _LONGEST for n in values)
    )


def _demand(condition: object, otherwise: str) -> None:
    if not condition:
        raise pickle.UnpicklingError(otherwise)


_TABLE = {
    'collections.OrderedDict': _ordered,
    'collections.Counter': _counter,
    '_codecs.encode': _encode,
    'torch._utils._rebuild_tensor_v2': _tensor,
    'torch._utils._rebuild_parameter': _parameter,
    'mmengine.logging.history_buffer.HistoryBuffer': _History,
    'numpy.ndarray': Array,
    'numpy.dtype': _Numbers,
    'builtins.getattr': _statistic,
    # torch stores pickles under Python 2's names.
    '__builtin__.getattr': _statistic,
    **{
        f'{module}.{name}': stand_in
        for module in ('numpy.core.multiarray', 'numpy._core.multiarray')
        for name, stand_in in (
            ('_reconstruct', _reconstruct),
            ('scalar', _scalar),
        )
    },
}
