"""Threads of generators, which a caller may abandon."""

from concurrent.futures import ThreadPoolExecutor


class AbandonablePool(ThreadPoolExecutor):
    """A pool whose context ends without waiting for its threads.

    A generator that nobody ends is closed by the garbage collector: in any
    thread, at any allocation, also amid the start of another thread. What
    waits for the end of a thread then needs a lock that is held around it, and
    hangs. Here what has not begun is cancelled, and threads end by themselves
    with what they are at.
    """

    def __exit__(self, *_: object) -> None:
        self.shutdown(wait=False, cancel_futures=True)
