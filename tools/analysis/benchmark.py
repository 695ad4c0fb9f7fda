"""Measures speed and memory beside those of other ways to do the same.

python tools/analysis/benchmark.py scan --out outputs/benchmark
python tools/analysis/benchmark.py scan --device cuda --batch 16 \\
    --maps 40x40x256 20x20x512 20x20x256 10x10x512
python tools/analysis/benchmark.py memory --calls 200 2000
python tools/analysis/benchmark.py deploy --sides 320 --batches 1
"""

import argparse
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.cli import do_verb, publish, run_cli, whole
from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.devices import usable_device
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import write_atomically
from fer_yolo_mamba.studies.benchmark.assignments import compare_assignment
from fer_yolo_mamba.studies.benchmark.evaluations import measure_evaluation
from fer_yolo_mamba.studies.benchmark.loaders import compare_loaders
from fer_yolo_mamba.studies.benchmark.memory import measure_memory
from fer_yolo_mamba.studies.benchmark.networks import (
    INFERENCE,
    TRAINING,
    Task,
    compare_networks,
    measure_growth,
)
from fer_yolo_mamba.studies.benchmark.predictions import (
    compare_prediction,
    portraits,
)
from fer_yolo_mamba.studies.benchmark.report import Report, draw_report
from fer_yolo_mamba.studies.benchmark.scans import (
    NECK_SIZES,
    ScanSize,
    compare_scans,
    left_out,
)
from fer_yolo_mamba.visualization import figure_png

T = TypeVar('T')
Parser, Args = argparse.ArgumentParser, argparse.Namespace

_CONFIGS = Path(__file__).parents[2] / 'configs'


def make_parser() -> Parser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True, metavar='PART')

    def add(name: str, measure: Callable, help: str) -> Parser:
        part = verbs.add_parser(name, help=help, description=f'Measures {help}')
        part.set_defaults(verb=partial(_publish, name, measure))
        part.add_argument(
            '--out', type=Path, metavar='DIR', help=f'folder for {name}.*'
        )
        return part

    part = add('scan', _scan, 'the omnidirectional scan against plain PyTorch')
    _add_device(part)
    part.add_argument(
        '--maps',
        nargs='+',
        type=_scan_size,
        default=NECK_SIZES[:1],
        metavar='HxWxD',
        help=f"maps; the neck's are {' '.join(map(_map_name, NECK_SIZES))} "
        f'({_map_name(NECK_SIZES[0])})',
    )
    _add_number(part, '--batch', 1, 'maps at once')
    _add_number(part, '--rounds', 9, 'turns of each scan')

    for name, task, batch, rounds in (
        ('inference', INFERENCE, 1, 60),
        ('training', TRAINING, 16, 15),
    ):
        measure = partial(_networks, task)
        part = add(name, measure, f'the network against another in {name}')
        _add_config(part, against=True)
        _add_pictures(part, batch, rounds)

    part = add('assignment', _assignment, "SimOTA at once and mmyolo's loop")
    _add_config(part)
    _add_pictures(part, 16, 25)

    part = add(
        'growth', _growth, "the network's time of inference against pixels"
    )
    _add_device(part)
    _add_config(part)
    _add_sides(part, 160, 320, 640, 1280)
    _add_number(part, '--rounds', 7, 'turns of each side')

    part = add(
        'evaluation', _evaluation, "a test's figures, of made-up detections"
    )
    _add_number(part, '--images', 3068, 'images of the test')
    _add_number(part, '--detections', 100, 'detections in each')
    _add_number(part, '--rounds', 5, 'turns of each figure')
    _add_number(
        part, '--many-images', 100_000, 'images of a test for its memory'
    )

    part = add(
        'loader', _loader, "training pictures, of drawn files, and mmyolo's own"
    )
    _add_config(part)
    part.add_argument(
        '--sides',
        nargs='+',
        type=whole(64, 2048),
        default=[320, 640, 1024],
        metavar='N',
        help='sides of the photographs in pixels (320 640 1024)',
    )
    _add_number(part, '--pictures', 640, 'pictures of an epoch')
    _add_number(part, '--rounds', 5, 'turns of each')

    part = add(
        'prediction',
        _prediction,
        'a folder of photographs and the network alone',
    )
    _add_device(part)
    _add_weights(part)
    part.add_argument(
        '--photographs',
        type=Path,
        metavar='DIR',
        help='the folder (a portrait, 16 times)',
    )
    _add_number(part, '--batch', 8, 'photographs at once')
    _add_number(part, '--rounds', 9, 'turns of each')

    part = add(
        'memory', _memory, 'whether the memory of a detector in use grows'
    )
    _add_device(part)
    _add_weights(part)
    part.add_argument(
        '--calls',
        nargs=2,
        type=whole(1),
        default=(200, 2000),
        metavar='N',
        help='photographs, and frames, after which the memory is compared '
        '(200 2000)',
    )

    part = add(
        'deploy', _deploy, 'the networks in the runtimes that people deploy'
    )
    _add_config(part, against=True)
    _add_sides(part, 160, 320, 640)
    part.add_argument(
        '--batches',
        nargs='+',
        type=whole(1),
        default=[1, 16],
        metavar='N',
        help='pictures a call (1 16)',
    )
    _add_number(part, '--rounds', 15, 'turns of each')
    _add_number(part, '--starts', 3, 'starts of each')
    part.add_argument(
        '--processor-time',
        action='store_true',
        help='of all threads, which other programs on the machine hardly touch',
    )
    part.add_argument(
        '--compiled',
        action='store_true',
        help='compile both in PyTorch, too, which takes minutes',
    )
    return parser


def _publish(name: str, measure: Callable, args: Args) -> None:
    """Measures a part, then prints and writes its report."""
    try:
        report = measure(args)
    except torch.cuda.OutOfMemoryError as error:
        raise InputError(
            'the GPU has too little memory: choose a smaller --batch.'
        ) from error
    publish(report.to_markdown(), report.to_dict(), name, args.out)
    if args.out and isinstance(report, Report) and report.is_drawable:
        picture = figure_png(draw_report(report))
        write_atomically(args.out / f'{name}.png', picture)


def _scan(args: Args) -> Report:
    device = usable_device(args.device)
    sizes = [replace(size, batch=args.batch) for size in args.maps]
    return Report(
        Environment.of(device),
        _told(compare_scans(sizes, device, args.rounds)),
        notes=tuple(left_out(device)),
    )


def _networks(task: Task, args: Args) -> Report:
    device = usable_device(args.device)
    configs = load_config(args.config), load_config(args.against)
    size = args.side, args.batch, device
    pairs = _told(compare_networks(task, *configs, *size, args.rounds))
    return Report(Environment.of(device), pairs)


def _assignment(args: Args) -> Report:
    device = usable_device(args.device)
    config = load_config(args.config)
    size = args.side, args.batch, device
    pairs = compare_assignment(config, *size, args.rounds)
    return Report(Environment.of(device), _told(pairs))


def _growth(args: Args) -> Report:
    device = usable_device(args.device)
    if len(set(args.sides)) < 2:
        raise InputError('--sides needs two different sides: name another.')
    config = load_config(args.config)
    growth = measure_growth(config, args.sides, device, args.rounds)
    return Report(Environment.of(device), growth=growth)


def _evaluation(args: Args) -> Report:
    costs = measure_evaluation(
        args.images, args.detections, args.rounds, args.many_images
    )
    return Report(_cpu(), evaluation=costs)


def _loader(args: Args) -> Report:
    config = load_config(args.config)
    pairs = compare_loaders(config, args.sides, args.pictures, args.rounds)
    return Report(_cpu(), _told(pairs))


def _prediction(args: Args) -> Report:
    given = args.photographs
    detector = FERDetector(args.weights, args.device)
    with nullcontext(given) if given else portraits() as folder:
        pairs = compare_prediction(detector, folder, args.batch, args.rounds)
        return Report(Environment.of(usable_device(args.device)), _told(pairs))


def _memory(args: Args) -> Report:
    if args.calls[0] >= args.calls[1]:
        raise InputError('--calls needs a few and then more, as 200 2000.')
    load = partial(FERDetector, args.weights, args.device)
    memory = _told(measure_memory(load, *args.calls))
    return Report(Environment.of(usable_device(args.device)), memory=memory)


def _deploy(args: Args):
    try:
        from fer_yolo_mamba.studies.benchmark.deploy_report import DeployReport
        from fer_yolo_mamba.studies.benchmark.deployments import (
            compare_deployments,
            measure_footprint,
            write_deployments,
        )
    except ImportError as error:
        raise InputError(
            f"{error}: pip install 'fer-yolo-mamba[export]'"
        ) from error
    configs = load_config(args.config), load_config(args.against)
    load, _, _ = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        files = write_deployments(*configs, Path(folder), args.compiled)
        footprints = _told(
            measure_footprint(x, args.sides[0], args.starts) for x in files
        )
        turns = args.sides, args.batches, args.rounds
        clock = time.process_time if args.processor_time else time.perf_counter
        latencies = _told(compare_deployments(files, *turns, clock))
    return DeployReport(
        _cpu(),
        shlex.join(['python', *sys.argv]),
        load,
        args.processor_time,
        latencies,
        footprints,
    )


def _told(results: Iterable[T]) -> tuple[T, ...]:
    """The results, each after a line that tells who waits how far it is."""

    def told(result: T) -> T:
        print(result, file=sys.stderr, flush=True)
        return result

    return tuple(map(told, results))


def _cpu() -> Environment:
    return Environment.of(torch.device('cpu'))


def _add_device(part: Parser) -> None:
    part.add_argument(
        '--device',
        choices=['cpu', 'cuda'],
        default='cpu',
        help='where to measure (%(default)s)',
    )


def _add_pictures(part: Parser, batch: int, rounds: int) -> None:
    _add_device(part)
    _add_number(part, '--batch', batch, 'pictures at once')
    part.add_argument(
        '--side',
        type=_side,
        default=320,
        help='side of the pictures in pixels (%(default)s)',
    )
    _add_number(part, '--rounds', rounds, 'turns of each')


def _add_config(part: Parser, against: bool = False) -> None:
    part.add_argument(
        '--config',
        default=_CONFIGS / 'fer_yolo_mamba_rafdb.py',
        help='config of the network (FER-YOLO-Mamba)',
    )
    if against:
        part.add_argument(
            '--against',
            default=_CONFIGS / 'baselines/yolox_s_rafdb.py',
            help='config of the other network (YOLOX-s)',
        )


def _add_sides(part: Parser, *default: int) -> None:
    part.add_argument(
        '--sides',
        nargs='+',
        type=_side,
        default=default,
        help=f'sides of the pictures in pixels ({" ".join(map(str, default))})',
    )


def _add_weights(part: Parser) -> None:
    part.add_argument(
        '--weights', help='as of fer-yolo-mamba predict (the ready weights)'
    )


def _add_number(part, name: str, default: int, text: str) -> None:
    part.add_argument(
        name,
        type=whole(1),
        default=default,
        metavar='N',
        help=f'{text} (%(default)s)',
    )


def _side(text: str) -> int:
    side = whole(1)(text)
    if side % 32:
        raise argparse.ArgumentTypeError(f'{text} is not a multiple of 32')
    return side


def _scan_size(text: str) -> ScanSize:
    found = re.fullmatch(r'([1-9]\d*)x([1-9]\d*)x([1-9]\d*)', text)
    if not found or int(found[3]) % 2:
        raise argparse.ArgumentTypeError(
            f'{text} is not HxWxD with an even D, as 40x40x256'
        )
    return ScanSize(*map(int, found.groups()))


def _map_name(size: ScanSize) -> str:
    return f'{size.height}x{size.width}x{size.channels}'


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
