"""Configs trained and tested one after another, resumable, and summed up.

``work_dirs/comparison/<config>/seed_<n>/`` holds one run and says what it is:

================  ==========================================================
``run.json``      config, data, versions, device, times and final metrics
``<config>.py``   the resolved config, as the training wrote it
``train.log``     what tools/train.py printed, start after start
``test.log``      what tools/test.py printed
``test/``         the test's own files, ``metrics.json`` among them
================  ==========================================================
"""

from .comparison import compare_runs
from .devices import Device, choose_devices
from .execution import Tools
from .run import Run, list_runs
from .run_status import RunStatus, State
from .summary import Summary

__all__ = [
    'Device',
    'Run',
    'RunStatus',
    'State',
    'Summary',
    'Tools',
    'choose_devices',
    'compare_runs',
    'list_runs',
]
