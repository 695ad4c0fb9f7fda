"""What surrounds a network: a test's figures, and training pictures."""

from ...compat.environment import Environment
from ...engine.config import load_config
from ...engine.devices import usable_device
from ...studies.benchmark.evaluations import measure_evaluation
from ...studies.benchmark.loaders import compare_loaders
from ...studies.benchmark.report import Report
from ..arguments import whole
from .part import CONFIG, Args, Part, number, numbers, told


def _evaluate(args: Args) -> Report:
    costs = measure_evaluation(
        args.images, args.detections, args.rounds, args.many_images
    )
    return Report(Environment.of(usable_device('cpu')), evaluation=costs)


def _load(args: Args) -> Report:
    config = load_config(args.config)
    pairs = compare_loaders(config, args.sides, args.pictures, args.rounds)
    return Report(Environment.of(usable_device('cpu')), told(pairs))


EVALUATION = Part(
    'evaluation',
    "a test's figures, of made-up detections",
    _evaluate,
    number('--images', 3068, 'images of the test')
    | number('--detections', 100, 'detections in each')
    | number('--rounds', 5, 'turns of each figure')
    | number('--many-images', 100_000, 'images of a test for its memory'),
)
LOADER = Part(
    'loader',
    "training pictures, of drawn files, and mmyolo's own",
    _load,
    CONFIG
    | numbers(
        '--sides',
        (320, 640, 1024),
        'sides of the photographs in pixels',
        whole(64, 2048),
    )
    | number('--pictures', 640, 'pictures of an epoch')
    | number('--rounds', 5, 'turns of each'),
)
