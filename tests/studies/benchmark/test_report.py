"""Ratios, growth and the report, from made-up figures."""

import json
from dataclasses import replace

import pytest

from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.studies.benchmark.evaluations import EvaluationCosts
from fer_yolo_mamba.studies.benchmark.measures import (
    Growth,
    MeasuredPair,
    Series,
    Unit,
    three_digits,
)
from fer_yolo_mamba.studies.benchmark.memory import MemoryGrowth
from fer_yolo_mamba.studies.benchmark.report import Report, draw_report

SCAN = MeasuredPair(
    'scan, forward',
    '40×40×256, batch 1',
    Unit.SECOND,
    'ours',
    Series((0.010, 0.008, 0.012)),
    'plain torch',
    Series((2.0, 2.0, 1.8)),
    is_speedup=True,
)
MEMORY = MeasuredPair(
    'extra memory',
    '40×40×256, batch 1',
    Unit.BYTE,
    'ours',
    Series((8e6,)),
    'plain torch',
    Series((1.6e9,)),
    is_speedup=False,
)
GROWTH = Growth(
    'net',
    (160, 320),
    # Four times the pixels: eight times as long, and four times.
    (Series((1.0, 1.0)), Series((8.0, 4.0))),
)
REPORT = Report(
    Environment('A processor', 2, '2.13.0'),
    (SCAN, MEMORY),
    GROWTH,
    EvaluationCosts(10, 5, {'metric': Series((0.5, 0.7))}, 1000, 2_000_000),
    (MemoryGrowth('calls', 200, 2000, 300_000_000, 301_000_000),),
    ('Something is left out.',),
)


def test_the_ratio_is_of_medians_and_its_spread_of_rounds():
    assert SCAN.ratio == 200
    # The rounds' ratios: 200, 250, 150.
    assert SCAN.ratio_spread == pytest.approx((160, 240))
    assert MEMORY.ratio == 0.005


def test_the_exponent_of_growth():
    assert GROWTH.exponent == pytest.approx(1.2925, abs=1e-4)
    # The rounds' exponents: 1.5 and 1.
    assert GROWTH.exponent_spread == pytest.approx((1.05, 1.45))
    assert GROWTH.fitted == pytest.approx([1.0, 6.0])


@pytest.mark.parametrize('scale', [1e-6, 1.0])
def test_the_line_is_fitted_by_least_squares(scale):
    times = [Series((scale * time,)) for time in (1.0, 4.0, 16.0, 16.0)]
    growth = Growth('net', (160, 320, 640, 1280), tuple(times))
    # In powers of four: (0, 0), (1, 1), (2, 2), (3, 2).
    assert growth.exponent == pytest.approx(0.7)


@pytest.mark.parametrize(
    ('unit', 'figure', 'text'),
    [
        (Unit.SECOND, 2.5e-7, '0.250 µs'),
        (Unit.SECOND, 0.0123, '12.3 ms'),
        (Unit.SECOND, 123.4, '123 s'),
        (Unit.BYTE, 4096, '4.10 kB'),
        (Unit.BYTE, 2.4e9, '2.40 GB'),
    ],
)
def test_units(unit, figure, text):
    assert unit.text(figure) == text


@pytest.mark.parametrize(
    ('figure', 'text'),
    [(0.005384, '0.00538'), (1.2, '1.20'), (99.96, '100'), (1234.5, '1234')],
)
def test_three_digits(figure, text):
    assert three_digits(figure) == text


def test_what_who_waits_is_told():
    assert str(SCAN) == (
        'scan, forward, 40×40×256, batch 1: plain torch / ours = 200 '
        '(160 to 240)'
    )
    assert str(GROWTH) == 'inference, net: time ~ pixels^1.29 (1.05 to 1.45)'


def test_the_page():
    page = REPORT.to_markdown()
    assert 'A processor, torch 2.13.0, threads: 2.' in page
    rows = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in page.splitlines()
        if line.startswith('|')
    ]
    assert rows[2] == [
        'scan, forward',
        '40×40×256, batch 1',
        'ours 10.0 ms (8.40 ms to 11.6 ms)',
        'plain torch 2.00 s (1.84 s to 2.00 s)',
        'rival / ours = 200 (160 to 240)',
        '3',
    ]
    # One round has no spread.
    assert rows[3][2:4] == ['ours 8.00 MB', 'plain torch 1.60 GB']
    assert rows[-4] == ['320×320, batch 1', '6.00 s (4.40 s to 7.60 s)', '2']
    assert f'{GROWTH}.' in page
    assert rows[-3] == ['10 images with 5 detections', 'time', 'rounds']
    assert rows[-1] == ['metric', '600 ms (520 ms to 680 ms)', '2']
    assert 'on 1,000 images with 5 detections: 2.00 MB.' in page
    assert 'Memory, calls: 300 MB after 200, 301 MB after 2,000.' in page
    assert page.endswith('\n\nSomething is left out.\n')


def test_the_record_holds_every_round():
    record = json.loads(json.dumps(REPORT.to_dict()))
    scan, memory = record['comparisons']
    assert scan['ours']['rounds'] == [0.010, 0.008, 0.012]
    assert scan['ratio']['of_medians'] == 200
    assert memory['unit'] == 'byte'
    assert record['growth']['times'][1]['side'] == 320
    assert record['environment']['threads'] == 2
    assert record['evaluation']['peak'] == 2_000_000
    assert record['memory'][0]['growth'] == 1_000_000
    assert record['evaluation']['times']['metric']['rounds'] == [0.5, 0.7]


@pytest.mark.parametrize(
    ('report', 'axes'),
    [
        (REPORT, 2),
        (Report(REPORT.environment, REPORT.pairs), 1),
        (Report(REPORT.environment, growth=GROWTH), 1),
    ],
)
def test_the_picture(report, axes):
    figure = draw_report(report)
    figure.draw_without_rendering()
    assert len(figure.axes) == axes
    if report.pairs:
        edges = [
            bar.get_x() + bar.get_width() for bar in figure.axes[0].patches
        ]
        assert edges == pytest.approx([200, 0.005])


def test_a_name_is_no_formula():
    growth = replace(GROWTH, network='$\\no$')
    pair = replace(SCAN, ours_name='$\\no$')
    report = Report(REPORT.environment, (pair,), growth)
    draw_report(report).draw_without_rendering()


def test_a_report_of_nothing_but_notes():
    report = Report(REPORT.environment, notes=('Nothing was measured.',))
    assert report.to_markdown().endswith('Nothing was measured.\n')
