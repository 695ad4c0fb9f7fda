"""Backends of the omnidirectional selective scan, one a file.

A backend is a module with ``DEVICE_TYPE``, the type of device that it serves
(None: any), ``missing()``, which says why it cannot serve and how to get it,
or None when it can, and the function
``scan(u, dt, A, B, C, D, dt_weight, dt_bias, orders)``.
A new one is a file here and a line in the table. What it needs it imports in
its functions, so that the table can always be read.
"""

from . import chunked, cpu, reference

BACKENDS = {
    'cpu': cpu,
    'torch': chunked,
    'reference': reference,
}
"""By preference: ``auto`` takes the first that serves the tensors' device."""
