"""A detector in use: its speed with photographs, and what it holds."""

from contextlib import nullcontext
from functools import partial
from pathlib import Path

from ...apis import FERDetector
from ...compat.environment import Environment
from ...engine.devices import usable_device
from ...errors import InputError
from ...studies.benchmark.memory import measure_memory
from ...studies.benchmark.predictions import compare_prediction, portraits
from ...studies.benchmark.report import Report
from ..arguments import whole
from .part import DEVICE, WEIGHTS, Args, Part, number, numbers, told


def _predict(args: Args) -> Report:
    given = args.photographs
    detector = FERDetector(args.weights, args.device)
    with nullcontext(given) if given else portraits() as folder:
        pairs = compare_prediction(detector, folder, args.batch, args.rounds)
        return Report(Environment.of(usable_device(args.device)), told(pairs))


def _remember(args: Args) -> Report:
    if args.calls[0] >= args.calls[1]:
        raise InputError('--calls needs a few and then more, as 200 2000.')
    load = partial(FERDetector, args.weights, args.device)
    memory = told(measure_memory(load, *args.calls))
    return Report(Environment.of(usable_device(args.device)), memory=memory)


PREDICTION = Part(
    'prediction',
    'a folder of photographs and the network alone',
    _predict,
    DEVICE
    | WEIGHTS
    | {
        '--photographs': dict(
            type=Path, metavar='DIR', help='the folder (a portrait, 16 times)'
        )
    }
    | number('--batch', 8, 'photographs at once')
    | number('--rounds', 9, 'turns of each'),
)
MEMORY = Part(
    'memory',
    'whether the memory of a detector in use grows',
    _remember,
    DEVICE
    | WEIGHTS
    | numbers(
        '--calls',
        (200, 2000),
        'photographs, and frames, after which the memory is compared',
        whole(1),
        nargs=2,
    ),
)
