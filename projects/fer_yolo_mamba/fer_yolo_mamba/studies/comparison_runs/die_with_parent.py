"""Becomes another program, which the kernel ends when its parent ends.

python die_with_parent.py PARENT_ID PROGRAM ARGUMENT ...

However the parent ends, SIGKILL included: two trainings must never write one
folder. For Linux, whose kernel alone offers this (prctl(2),
``PR_SET_PDEATHSIG``); a script of its own, as Python's ``preexec_fn`` is not
safe in a process with threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

if __name__ == '__main__':
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have ended before the kernel was asked.
    if os.getppid() == int(parent):
        os.execvp(command[0], command)
