"""Kernels of the backend 'triton', which ``triton_gpu.py`` launches.

A program, (block of channels, direction, image) in the grid, walks along one
direction of one image with BLOCK channels, whose states, (STATES, BLOCK), stay
in registers. It reads the inputs of TILE positions at a time, so that these
loads, which do not wait for the states, are under way together. Every SPAN
positions forward keeps the states for backward.

Triton spreads such a tensor over the 32 threads of a warp as its loads and
stores suit the memory, so channels lie last everywhere. In backward a thread
has four neighbouring channels, 16 bytes, and every fourth state: sums over
channels, which backward needs for every state, take 3 exchanges for 4 values
instead of 5 for each. In forward a thread has all states of one channel, and
sums over states take no exchange between threads: the argument `zero` keeps
Triton from knowing that the channels are aligned and can be read by fours.
"""

from .backward import backward
from .forward import forward

__all__ = ['backward', 'forward']
