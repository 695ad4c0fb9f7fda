"""How a command ends that is told to by a signal."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, an interrupt ends the process with one word, and cleanly.

    So do SIGTERM, of services and schedulers, and SIGHUP, of a terminal that is
    closed: what is being written is ended or removed, as after Ctrl-C. The
    status is 128 plus the signal's number, as shells have it.
    """
    process = os.getpid()

    def interrupt(number: int, _: object) -> None:
        if os.getpid() != process:
            # A child, as a pool's, has no more to end than itself.
            os._exit(128 + number)
        raise KeyboardInterrupt(number)

    earlier = {}
    # Elsewhere no signal can be caught.
    if threading.current_thread() is threading.main_thread():
        for name in ('SIGTERM', 'SIGHUP'):
            number = getattr(signal, name, None)
            # nohup's are ignored.
            if number and signal.getsignal(number) is signal.SIG_DFL:
                earlier[number] = signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt as error:
        print('interrupted', file=sys.stderr)
        sys.exit(128 + (error.args[0] if error.args else signal.SIGINT))
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _say(
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Says an interrupt in one word, also outside of `interruptible`."""
    if issubclass(kind, KeyboardInterrupt):
        print('interrupted', file=sys.stderr)
    else:
        _say_other(kind, error, trace)


# What a script imports after this takes most of its first seconds, and no call
# is around that. Python itself then ends with the signal's status.
_say_other, sys.excepthook = sys.excepthook, _say
