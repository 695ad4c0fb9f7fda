"""The peak of memory during a call."""

import os

import pytest
import torch

from fer_yolo_mamba.studies.benchmark import memory

CPU = torch.device('cpu')
MIB = 1 << 20


@pytest.mark.skipif(
    not memory.is_measurable(CPU), reason='measured on Linux alone'
)
def test_the_peak_and_not_what_stays():
    def run():
        for _ in range(2):
            torch.ones(64 * MIB, dtype=torch.uint8)

    # Each is freed before the next: the peak is one of them.
    assert 63 * MIB < memory.peak_extra_bytes(run, CPU) < 80 * MIB
    assert memory.peak_extra_bytes(lambda: None, CPU) < MIB


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_the_peak_on_a_gpu():
    def run():
        for _ in range(2):
            torch.ones(64 * MIB, dtype=torch.uint8, device='cuda')

    assert memory.peak_extra_bytes(run, torch.device('cuda')) == 64 * MIB


def test_a_fresh_process_is_another_one():
    assert memory.in_fresh_process(os.getpid) != os.getpid()
