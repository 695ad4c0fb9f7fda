"""The operator as a runtime calls it: a table of functions stands for one."""

import ctypes
import os
import shutil
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_void_p,
)
from threading import Event, Thread

import pytest
import torch
from omni_scan_cases import make_inputs

from fer_yolo_mamba.ops import OMNI_ORDERS, cpu, omni_selective_scan
from fer_yolo_mamba.ops.orders import order_table

pytestmark = pytest.mark.skipif(
    cpu.missing() is not None, reason='the C++ scan is not built'
)

# Places of functions in onnxruntime's table, as in csrc/onnx_interface.h.
CREATE_STATUS, CREATE_DOMAIN, ADD_OPERATOR, ADD_DOMAIN = 0, 26, 27, 28
GET_DATA, GET_RANK, GET_SIZES, GET_INFO = 51, 61, 62, 65
GET_INPUT, GET_OUTPUT, RELEASE_INFO, PARALLEL_FOR = 90, 91, 99, 274
COMPUTE = 18  # of the operator's
FAILED = 1  # any address of a status but null


class Runtime:
    """Functions of onnxruntime, by their places."""

    def __init__(self, library, **functions):
        self.library = library
        self.table = (c_void_p * 300)()
        self.functions = []
        table = ctypes.cast(self.table, c_void_p).value
        self.get_api = CFUNCTYPE(c_void_p, ctypes.c_uint32)(lambda _: table)
        self.base = (c_void_p * 2)(ctypes.cast(self.get_api, c_void_p))

    def offer(self, place, *types):
        """Puts a function with arguments of these types in its place."""

        def put(function):
            self.functions.append(CFUNCTYPE(c_void_p, *types)(function))
            self.table[place] = ctypes.cast(self.functions[-1], c_void_p)

        return put

    def register(self):
        """What a session does that begins; returns the status."""
        call = self.library.RegisterCustomOps
        call.restype, call.argtypes = c_void_p, (c_void_p, c_void_p)
        return call(None, self.base)


@pytest.fixture
def runtime(tmp_path):
    """One that has the library for itself, as if no session had begun."""
    path = shutil.copy(cpu.library()._name, tmp_path / '_omni_scan.so')
    return Runtime(ctypes.CDLL(str(path)))


def test_a_session_waits_for_the_operator(runtime):
    done = []
    has_domain = Event()
    other = Thread(target=runtime.register)

    @runtime.offer(CREATE_DOMAIN, c_char_p, POINTER(c_void_p))
    def _(name, domain):
        done.append(name)
        domain[0] = 7

    @runtime.offer(ADD_OPERATOR, c_void_p, c_void_p)
    def _(domain, _):
        other.start()
        # The other one would come so far at once.
        has_domain.wait(0.5)
        done.append('operator')

    @runtime.offer(ADD_DOMAIN, c_void_p, c_void_p)
    def _(_, domain):
        done.append(domain)
        has_domain.set()

    assert runtime.register() is None
    other.join()
    assert done == [b'fer_yolo_mamba', 'operator', 7, 7]


def test_a_domain_without_the_operator_is_given_to_no_session(runtime):
    created, given = [], []
    statuses = [FAILED, None]

    @runtime.offer(CREATE_DOMAIN, c_char_p, POINTER(c_void_p))
    def _(_, domain):
        created.append(len(created) + 1)
        domain[0] = created[-1]

    @runtime.offer(ADD_OPERATOR, c_void_p, c_void_p)
    def _(*_):
        return statuses.pop(0)

    @runtime.offer(ADD_DOMAIN, c_void_p, c_void_p)
    def _(_, domain):
        given.append(domain)

    assert runtime.register() == FAILED
    assert runtime.register() is None
    assert runtime.register() is None
    assert created == [1, 2] and given == [2, 2]


class Call:
    """A call of the operator on arrays, of which the last is its result."""

    def __init__(self, runtime, arrays):
        self.shapes = [x.shape for x in arrays]
        self.complaints = []
        operators = []

        @runtime.offer(CREATE_STATUS, c_int, c_char_p)
        def _(_, message):
            self.complaints.append(message.decode())
            return FAILED

        @runtime.offer(ADD_OPERATOR, c_void_p, POINTER(c_void_p))
        def _(_, functions):
            run = CFUNCTYPE(c_void_p, c_void_p, c_void_p)(functions[COMPUTE])
            operators.append(run)

        def name(index, value):
            """A value, and what is known of it, is its number, from 1."""
            value[0] = index + 1

        address, size = POINTER(c_void_p), POINTER(c_size_t)
        nothing = c_void_p, c_void_p
        runtime.offer(CREATE_DOMAIN, c_void_p, address)(lambda _, x: name(0, x))
        runtime.offer(ADD_DOMAIN, *nothing)(lambda *_: None)
        runtime.offer(RELEASE_INFO, c_void_p)(lambda _: None)
        runtime.offer(GET_INPUT, c_void_p, c_size_t, address)(
            lambda _, index, value: name(index, value)
        )
        runtime.offer(GET_OUTPUT, *nothing, c_void_p, c_size_t, address)(
            lambda *given: name(len(arrays) - 1, given[-1])
        )
        runtime.offer(GET_INFO, c_void_p, address)(
            lambda value, info: name(value - 1, info)
        )

        @runtime.offer(GET_DATA, c_void_p, address)
        def _(value, data):
            data[0] = arrays[value - 1].ctypes.data

        @runtime.offer(GET_RANK, c_void_p, size)
        def _(info, rank):
            rank[0] = len(self.shapes[info - 1])

        @runtime.offer(GET_SIZES, c_void_p, POINTER(c_int64), c_size_t)
        def _(info, sizes, count):
            for axis in range(count):
                sizes[axis] = self.shapes[info - 1][axis]

        runtime.register()
        (self._compute,) = operators

    def run(self):
        """Returns the status."""
        return self._compute(None, None)


@pytest.fixture
def arrays():
    """Inputs of a scan, and where its result is to be written."""
    inputs = make_inputs(2, 6, 5, 40, 16, 3, 8)
    inputs = {name: x.float() for name, x in inputs.items()}
    dt, B, C = inputs['projected'].split((3, 16, 16), dim=-1)
    tensors = [
        *(inputs['u'], dt, inputs['A'], B, C, inputs['D']),
        *(inputs['dt_weight'], inputs['dt_bias']),
        order_table(OMNI_ORDERS, 6, 5, torch.device('cpu')),
        torch.zeros_like(inputs['u']),
    ]
    return [x.contiguous().numpy() for x in tensors]


def test_the_sessions_threads_do_the_work(runtime, arrays):
    work = CFUNCTYPE(None, c_void_p, c_size_t)
    asked = []

    @runtime.offer(PARALLEL_FOR, c_void_p, work, c_size_t, c_size_t, c_void_p)
    def _(_, share, count, batches, data):
        assert not arrays[-1].any()
        asked.append((count, batches))
        # As a session of one thread does.
        for index in range(count):
            share(data, index)

    call = Call(runtime, arrays)
    assert call.run() is None and not call.complaints
    ((count, batches),) = asked
    assert 1 <= count <= os.cpu_count() and batches == 0
    *inputs, _, y = map(torch.from_numpy, arrays)
    expected = omni_selective_scan(*inputs, OMNI_ORDERS, 'cpu')
    torch.testing.assert_close(y, expected)


def test_a_fault_of_the_sessions_threads_is_told(runtime, arrays):
    types = c_void_p, c_void_p, c_size_t, c_size_t, c_void_p
    runtime.offer(PARALLEL_FOR, *types)(lambda *_: FAILED)
    assert Call(runtime, arrays).run() == FAILED


def test_a_map_that_is_too_large_is_no_wrong_order(runtime, arrays):
    call = Call(runtime, arrays)
    # More pixels than there are addresses for their numbers.
    batch, *pixels = 2, 2**22, 2**22
    for index, shape in enumerate(call.shapes[:-1]):
        if shape[:3] == (2, 6, 5):
            call.shapes[index] = (batch, *pixels, *shape[3:])
    call.shapes[-2] = (8, 2**44)
    assert call.run() == FAILED
    assert call.complaints == ['OmniScan: no memory left']
