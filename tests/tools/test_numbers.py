"""Every tool refuses a number that is out of its range."""

import pytest

from fer_yolo_mamba.cli.arguments import real, whole

OPTIONS = {
    'predict': ['--score-thr 50', '--score-thr nan'],
    'compare run': ['--seeds -1', '--seeds 4294967296'],
    'convert_checkpoint': [
        *('--score-thr 50', '--temperature 0', '--shift inf', '--sizes 1 9'),
    ],
    'make_demo_data': ['--seed -1'],
    'analysis/benchmark inference': ['--batch 0', '--side 0'],
    'analysis/browse_dataset': ['--count 0', '--seed 1.5'],
    'analysis/check_dataset': ['--tiny -1', '--tiny nan', '--near 257'],
    'analysis/faces measure': [
        *('--score-thr 50', '--face-sizes 48 0'),
        *('--limit 0', '--skip -1'),
    ],
    'analysis/ferplus_scenes': ['--train 0', '--seed -1'],
    'analysis/get_flops': ['--size 0 320', '--size 320 10000000'],
    'analysis/gpu_check': ['--budget -1', '--budget nan'],
    'analysis/groups': ['--min-faces 0', '--resamples 0', '--seed -1'],
    'analysis/method_table measure': ['--resamples 0', '--seed -1'],
    'analysis/mixture_scenes': ['--count 0', '--seed -1'],
    'analysis/overfit': [
        *('--rounds 0', '--batch 0', '--rate 0', '--bn-momentum 2'),
    ],
    'analysis/plot_test': ['--score-thr 50', '--iou-thr 50', '--iou-thr nan'],
    'analysis/pretrain_backbone': ['--seconds nan', '--pixels 0'],
    'analysis/significance': ['--resamples 0', '--seed -1'],
    'analysis/train_in_time': [
        *('--seconds nan', '--batch 0', '--pictures-kept -1', '--workers 0'),
    ],
    'dataset_converters/class_folders': ['--min-score 70'],
    'dataset_converters/expw': ['--test-fraction 10', '--seed -1'],
    'dataset_converters/ferplus': ['--fer2013-votes -1', '--min-score 70'],
    'dataset_converters/sfew': ['--seed -1'],
    'dataset_converters/widerface': ['--min-size nan'],
}


@pytest.mark.parametrize(
    ('command', 'option'),
    [(tool, option) for tool, options in OPTIONS.items() for option in options],
)
def test_a_number_out_of_range_is_refused(command, option, refusal):
    tool, *verb = command.split()
    message = refusal(tool, *verb, *option.split())
    assert f'argument {option.split()[0]}: ' in message
    assert ' is not a ' in message


@pytest.mark.parametrize(
    ('parse', 'text', 'number'),
    [
        (whole(0), '0', 0),
        (whole(1, 3), '3', 3),
        (real(0, 1), '1', 1.0),
        (real(-20), '1e3', 1000.0),
    ],
)
def test_a_number_in_range_is_taken(parse, text, number):
    assert parse(text) == number
