"""A network against another, against itself in other sizes, and its loss."""

from functools import partial

from ...compat.environment import Environment
from ...engine.config import load_config
from ...engine.devices import usable_device
from ...errors import InputError
from ...studies.benchmark import networks
from ...studies.benchmark.assignments import compare_assignment
from ...studies.benchmark.report import Report
from .part import (
    CONFIG,
    CONFIGS,
    DEVICE,
    Args,
    Arguments,
    Part,
    number,
    side,
    sides,
    told,
)

_SIDE = 'side of the pictures in pixels (%(default)s)'


def _pictures(batch: int, rounds: int) -> Arguments:
    return (
        DEVICE
        | number('--batch', batch, 'pictures at once')
        | {'--side': dict(type=side, default=320, help=_SIDE)}
        | number('--rounds', rounds, 'turns of each')
    )


def _compare(task: networks.Task, args: Args) -> Report:
    device = usable_device(args.device)
    configs = load_config(args.config), load_config(args.against)
    size = args.side, args.batch, device
    pairs = networks.compare_networks(task, *configs, *size, args.rounds)
    return Report(Environment.of(device), told(pairs))


def _assign(args: Args) -> Report:
    device = usable_device(args.device)
    config = load_config(args.config)
    size = args.side, args.batch, device
    pairs = compare_assignment(config, *size, args.rounds)
    return Report(Environment.of(device), told(pairs))


def _grow(args: Args) -> Report:
    device = usable_device(args.device)
    if len(set(args.sides)) < 2:
        raise InputError('--sides needs two different sides: name another.')
    config = load_config(args.config)
    growth = networks.measure_growth(config, args.sides, device, args.rounds)
    return Report(Environment.of(device), growth=growth)


INFERENCE = Part(
    'inference',
    'the network against another in inference',
    partial(_compare, networks.INFERENCE),
    CONFIGS | _pictures(1, 60),
)
TRAINING = Part(
    'training',
    'the network against another in training',
    partial(_compare, networks.TRAINING),
    CONFIGS | _pictures(16, 15),
)
ASSIGNMENT = Part(
    'assignment',
    "SimOTA at once and mmyolo's loop",
    _assign,
    CONFIG | _pictures(16, 25),
)
GROWTH = Part(
    'growth',
    "the network's time of inference against pixels",
    _grow,
    DEVICE
    | CONFIG
    | sides(160, 320, 640, 1280)
    | number('--rounds', 7, 'turns of each side'),
)
