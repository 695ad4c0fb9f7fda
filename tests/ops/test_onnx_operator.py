"""The operator as a runtime calls it: a table of functions stands for one."""

import ctypes
import shutil
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_void_p
from threading import Event, Thread

import pytest

from fer_yolo_mamba.ops import cpu

pytestmark = pytest.mark.skipif(
    cpu.missing() is not None, reason='the C++ scan is not built'
)

# Places of functions in onnxruntime's table, as in csrc/onnx_interface.h.
CREATE_DOMAIN, ADD_OPERATOR, ADD_DOMAIN = 26, 27, 28
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
