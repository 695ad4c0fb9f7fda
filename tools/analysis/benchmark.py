"""Measures speed and memory beside those of other ways to do the same.

python tools/analysis/benchmark.py --out outputs/benchmark
python tools/analysis/benchmark.py --parts evaluation assignment loader
python tools/analysis/benchmark.py --parts prediction memory --calls 200 2000
python tools/analysis/benchmark.py --device cuda --parts scan --batch 16 \\
    --maps 40x40x256 20x20x512 20x20x256 10x10x512
python tools/analysis/benchmark.py deploy --out outputs/deploy
"""

import argparse
import os
import re
import shlex
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.cli import do_verb, publish, run_cli, whole
from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.devices import usable_device
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import write_atomically, write_json
from fer_yolo_mamba.studies.benchmark.assignments import compare_assignment
from fer_yolo_mamba.studies.benchmark.evaluations import measure_evaluation
from fer_yolo_mamba.studies.benchmark.loaders import compare_loaders
from fer_yolo_mamba.studies.benchmark.memory import measure_memory
from fer_yolo_mamba.studies.benchmark.networks import (
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

_CONFIGS = Path(__file__).parents[2] / 'configs'
_OURS = _CONFIGS / 'fer_yolo_mamba_rafdb.py'
_RIVAL = _CONFIGS / 'baselines/yolox_s_rafdb.py'
_PARTS = (
    'scan',
    'network',
    'growth',
    'evaluation',
    'assignment',
    'loader',
    'prediction',
    'memory',
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.set_defaults(verb=_compare_parts)
    _add_deploy(parser)
    parser.add_argument(
        '--parts',
        nargs='+',
        choices=_PARTS,
        default=_PARTS[:3],
        help='what to measure (scan network growth)',
    )
    parser.add_argument(
        '--device',
        choices=['cpu', 'cuda'],
        default='cpu',
        help='where to measure (%(default)s)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='folder for benchmark.md, benchmark.json and benchmark.png',
    )
    _add_config(parser, '--config', _OURS, 'the network (FER-YOLO-Mamba)')

    scan = parser.add_argument_group(
        'scan', 'the omnidirectional scan against the same in plain PyTorch'
    )
    scan.add_argument(
        '--maps',
        nargs='+',
        type=_scan_size,
        default=NECK_SIZES[:1],
        metavar='HxWxD',
        help=f"maps; the neck's are {' '.join(map(_map_name, NECK_SIZES))} "
        f'({_map_name(NECK_SIZES[0])})',
    )
    _add_number(scan, '--batch', 1, 'maps at once')
    _add_number(scan, '--scan-rounds', 9, 'turns of each scan')

    network = parser.add_argument_group(
        'network', 'the network against another, in inference and training'
    )
    _add_config(network, '--against', _RIVAL, 'the other network (YOLOX-s)')
    network.add_argument(
        '--side',
        type=_side,
        default=320,
        help='side of the pictures in pixels (%(default)s)',
    )
    _add_number(network, '--train-batch', 16, 'pictures of a training step')
    _add_number(network, '--network-rounds', 60, 'turns of each in inference')
    _add_number(network, '--train-rounds', 15, 'turns of each in training')

    growth = parser.add_argument_group(
        'growth', "the network's time of inference against pixels"
    )
    growth.add_argument(
        '--sides',
        nargs='+',
        type=_side,
        default=[160, 320, 640, 1280],
        help='sides of the pictures in pixels (160 320 640 1280)',
    )
    _add_number(growth, '--growth-rounds', 7, 'turns of each side')

    evaluation = parser.add_argument_group(
        'evaluation', "a test's figures, of made-up detections on the CPU"
    )
    _add_number(evaluation, '--images', 3068, 'images of the test')
    _add_number(evaluation, '--detections', 100, 'detections in each')
    _add_number(evaluation, '--evaluation-rounds', 5, 'turns of each figure')
    _add_number(
        evaluation,
        '--many-images',
        100_000,
        'images of a test whose memory is measured',
    )

    loader = parser.add_argument_group(
        'loader', "training pictures, of drawn files, against mmyolo's own"
    )
    loader.add_argument(
        '--photo-sides',
        nargs='+',
        type=whole(64, 2048),
        default=[320, 640, 1024],
        metavar='N',
        help='sides of the photographs in pixels (320 640 1024)',
    )
    _add_number(loader, '--pictures', 640, 'pictures of an epoch')
    _add_number(loader, '--loader-rounds', 5, 'turns of each')

    detector = parser.add_argument_group(
        'prediction and memory', 'a detector in use, on photographs'
    )
    detector.add_argument(
        '--weights', help='as of fer-yolo-mamba predict (the ready weights)'
    )
    detector.add_argument(
        '--photographs',
        type=Path,
        metavar='DIR',
        help='folder against the network alone (a portrait, 16 times)',
    )
    _add_number(detector, '--predict-batch', 8, 'photographs at once')
    _add_number(detector, '--predict-rounds', 9, 'turns of each')
    detector.add_argument(
        '--calls',
        nargs=2,
        type=whole(1),
        default=(200, 2000),
        metavar='N',
        help='photographs, and frames, after which the memory is compared '
        '(200 2000)',
    )
    return parser


def _add_deploy(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar='deploy')
    deploy = verbs.add_parser(
        'deploy', help='the networks in the runtimes that people deploy'
    )
    deploy.set_defaults(verb=_compare_deployments)
    _add_config(deploy, '--config', _OURS, 'the network (FER-YOLO-Mamba)')
    _add_config(deploy, '--against', _RIVAL, 'the other network (YOLOX-s)')
    deploy.add_argument(
        '--sides',
        nargs='+',
        type=_side,
        default=[160, 320, 640],
        help='sides of the pictures in pixels (160 320 640)',
    )
    deploy.add_argument(
        '--batches',
        nargs='+',
        type=whole(1),
        default=[1, 16],
        metavar='N',
        help='pictures a call (1 16)',
    )
    _add_number(deploy, '--rounds', 15, 'turns of each')
    _add_number(deploy, '--starts', 3, 'starts of each')
    deploy.add_argument(
        '--compiled',
        action='store_true',
        help='compile both in PyTorch, too, which takes minutes',
    )
    deploy.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='folder for deploy.md and deploy.json',
    )


def _compare_deployments(args: argparse.Namespace) -> None:
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
    ours, rival = load_config(args.config), load_config(args.against)
    load, _, _ = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        deployments = write_deployments(
            ours, rival, Path(folder), args.compiled
        )
        footprints = [
            _shown(measure_footprint(x, args.sides[0], args.starts))
            for x in deployments
        ]
        latencies = [
            _shown(latency)
            for latency in compare_deployments(
                deployments, args.sides, args.batches, args.rounds
            )
        ]
    report = DeployReport(
        Environment.of(torch.device('cpu')),
        shlex.join(['python', *sys.argv]),
        load,
        tuple(latencies),
        tuple(footprints),
    )
    publish(report.to_markdown(), report.to_dict(), 'deploy', args.out)


def _compare_parts(args: argparse.Namespace) -> None:
    """Measures part by part, then prints and writes the report."""
    device = usable_device(args.device)
    if len(set(args.sides)) < 2:
        raise InputError('--sides needs two different sides: name another.')
    if args.calls[0] >= args.calls[1]:
        raise InputError('--calls needs a few and then more, as 200 2000.')
    try:
        report = _measure(args, device)
    except torch.cuda.OutOfMemoryError as error:
        raise InputError(
            'the GPU has too little memory: choose a smaller --batch or '
            '--train-batch.'
        ) from error
    page = report.to_markdown()
    print(page, end='')
    if args.out:
        write_atomically(args.out / 'benchmark.md', page)
        write_json(args.out / 'benchmark.json', report.to_dict())
        if report.pairs or report.growth:
            picture = figure_png(draw_report(report))
            write_atomically(args.out / 'benchmark.png', picture)


def _measure(args: argparse.Namespace, device: torch.device) -> Report:
    config = load_config(args.config)
    against = load_config(args.against)
    pairs, growth, evaluation, memory, notes = [], None, None, (), []
    if 'scan' in args.parts:
        notes += left_out(device)
        sizes = [replace(size, batch=args.batch) for size in args.maps]
        for pair in compare_scans(sizes, device, args.scan_rounds):
            pairs.append(_shown(pair))
    if 'network' in args.parts:
        for pair in compare_networks(
            config,
            against,
            args.side,
            args.train_batch,
            device,
            args.network_rounds,
            args.train_rounds,
        ):
            pairs.append(_shown(pair))
    if 'growth' in args.parts:
        growth = _shown(
            measure_growth(config, args.sides, device, args.growth_rounds)
        )
    if 'evaluation' in args.parts:
        evaluation = measure_evaluation(
            args.images,
            args.detections,
            args.evaluation_rounds,
            args.many_images,
        )
    if 'assignment' in args.parts:
        for pair in compare_assignment(
            config, args.side, args.train_batch, device, args.train_rounds
        ):
            pairs.append(_shown(pair))
    if 'loader' in args.parts:
        for pair in compare_loaders(
            config, args.photo_sides, args.pictures, args.loader_rounds
        ):
            pairs.append(_shown(pair))
    load = partial(FERDetector, args.weights, args.device)
    if 'prediction' in args.parts:
        given = args.photographs
        with nullcontext(given) if given else portraits() as folder:
            for pair in compare_prediction(
                load(), folder, args.predict_batch, args.predict_rounds
            ):
                pairs.append(_shown(pair))
    if 'memory' in args.parts:
        memory = tuple(map(_shown, measure_memory(load, *args.calls)))
    return Report(
        Environment.of(device),
        tuple(pairs),
        growth,
        evaluation,
        memory,
        tuple(notes),
    )


def _shown(result):
    """The result itself, after a line that tells who waits how far it is."""
    print(result, file=sys.stderr, flush=True)
    return result


def _add_number(group, name: str, default: int, text: str) -> None:
    group.add_argument(
        name,
        type=whole(1),
        default=default,
        metavar='N',
        help=f'{text} (%(default)s)',
    )


def _add_config(group, name: str, default: Path, text: str) -> None:
    group.add_argument(name, default=default, help=f'config of {text}')


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
