"""Kernels of the backend 'triton', which ``triton_gpu.py`` launches.

A program, (block of channels, direction, image) in the grid, walks along one
direction of one image with GROUPS x LANES channels, whose states, (GROUPS,
STATES, LANES), stay in registers. It reads the inputs of TILE positions at a
time, so that these loads, which do not wait for the states, are under way
together. Every SPAN positions forward keeps the states for backward.

Triton spreads a tensor over the 32 threads of a warp from the last axis on.
With 32 lanes a thread has all states of one channel, and sums over states take
no exchange between threads: for forward. With 8 lanes and 4 groups it has every
fourth state of four channels, and sums over channels, which backward needs for
every state, take 3 exchanges for 4 values instead of 5 for each. Triton would
undo this by giving neighbouring channels to one thread, to load them at once;
the argument `one` keeps it from knowing that they are neighbours.
"""

from .backward import backward
from .forward import forward

__all__ = ['backward', 'forward']
