"""Backends of the omnidirectional selective scan, one a file.

A backend is a module with ``DEVICE_TYPE``, the type of device that it serves
(None: any), ``READS_HALVES``, whether u, dt, B and C may be of 16 bits,
``missing()``, which says why it cannot serve and how to get it,
or None when it can, and the function
``scan(u, dt, A, B, C, D, dt_weight, dt_bias, orders)``.
A new one is a file here and a line in the table. What it needs it imports in
its functions, so that the table can always be read.
"""

from . import chunked, cpu, mamba_ssm, reference, triton_gpu

BACKENDS = {
    'cpu': cpu,
    'triton': triton_gpu,
    'mamba_ssm': mamba_ssm,
    'torch': chunked,
    'reference': reference,
}
"""By preference: ``auto`` takes the first that serves the tensors' device."""
