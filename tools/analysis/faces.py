"""Measures a detector on real faces, calibrates it on others, compares two.

python tools/analysis/faces.py measure --crops data/ferplus val \\
    --photographs data/real_fer test --one-based \\
    --sources data/real_fer/manifest.csv origin \\
    --scenes data/face_scenes faces_val --group mask \\
    --faceless data/face_scenes no_face_val \\
    --named data/scenes/expr_*.jpg --out outputs/faces
python tools/analysis/faces.py calibrate --crops data/ferplus val \\
    --faceless data/face_scenes no_face_train --out outputs/faces
python tools/analysis/faces.py compare outputs/faces/photographs.json \\
    outputs/face_api/photographs.json --score-thr 0.3 0
"""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from mmyolo.registry import DATASETS

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.apis.weights import find_weights
from fer_yolo_mamba.cli import do_verb, run_cli, spread
from fer_yolo_mamba.cli.arguments import add_page_argument, real, whole
from fer_yolo_mamba.cli.printing import publish
from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.devices import usable_device
from fer_yolo_mamba.engine.run_folder import latest_checkpoint
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import Predictions
from fer_yolo_mamba.expressions import EXPRESSIONS, canonical_expression
from fer_yolo_mamba.files import sha256_of
from fer_yolo_mamba.inputs import read_table, shown
from fer_yolo_mamba.studies.faces.calibration import Calibration
from fer_yolo_mamba.studies.faces.measurement import (
    FACE_SIZES,
    KnownSets,
    look_aloud,
    measure_faces,
)
from fer_yolo_mamba.studies.faces.peers import KNOWN_PEERS, Peer, start_peer
from fer_yolo_mamba.studies.faces.pictures import (
    KnownPicture,
    Mixture,
    composed_pictures,
    on_canvases,
    predictions_of,
    voc_pictures,
)
from fer_yolo_mamba.studies.faces.report import CalibrationReport, Subject
from fer_yolo_mamba.studies.faces.shared_faces import SharedFaces

# What scores less is not looked at, and can add next to nothing to an
# average precision.
_LEAST_SCORE = 0.005


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)

    measure = verbs.add_parser('measure', help='what is given, and no more')
    measure.set_defaults(verb=_measure)
    _add_detector(measure)
    measure.add_argument(
        '--score-thr',
        type=real(0, 1),
        help="the threshold (the weights file's own)",
    )
    measure.add_argument(
        '--peer',
        nargs=2,
        metavar=('NAME', 'DIR'),
        help=f'measure another instead ({", ".join(KNOWN_PEERS)}), which is '
        'installed in this folder',
    )
    measure.add_argument(
        '--every-face',
        action='store_true',
        help='the peer tells all that it can find, as average precision wants '
        'it, not what it shows with its default settings',
    )
    _add_set(measure, '--photographs', 'whose faces have expressions')
    measure.add_argument(
        '--one-based',
        action='store_true',
        help='the photographs count pixels from 1, as the original VOC does',
    )
    measure.add_argument(
        '--sources',
        nargs=2,
        metavar=('CSV', 'COLUMN'),
        help='table of the photographs: ids in its first column, their '
        'sources in this one',
    )
    _add_set(measure, '--scenes', 'whose faces have boxes')
    measure.add_argument(
        '--group',
        metavar='NAME',
        help="element of the scenes' boxes that says their group, as mask",
    )
    measure.add_argument(
        '--named',
        nargs='+',
        type=Path,
        default=[],
        metavar='IMAGE',
        help='photographs of one person, named as ..._happy.jpg',
    )

    calibrate = verbs.add_parser(
        'calibrate',
        help='choose shifts, temperature and threshold on a validation',
    )
    # The detector's own threshold, in whose place another is chosen.
    calibrate.set_defaults(verb=_calibrate, score_thr=None)
    _add_detector(calibrate)
    calibrate.add_argument(
        '--mixture',
        type=Path,
        metavar='CONFIG',
        help='a config whose validation composes pictures: all of those',
    )

    compare = verbs.add_parser(
        'compare', help='how two name the faces that both of them find'
    )
    compare.set_defaults(verb=_compare)
    for name in ('first', 'second'):
        compare.add_argument(
            name,
            type=Path,
            metavar='SEEN.json',
            help='photographs.json or crops_*.json of a measurement',
        )
    compare.add_argument(
        '--score-thr',
        nargs=2,
        type=real(0, 1),
        default=(0.0, 0.0),
        help="their thresholds (0 0: all that they saw, as a peer's default)",
    )
    add_page_argument(compare)

    for verb in (measure, calibrate):
        _add_set(verb, '--crops', 'one face with its expression in each')
        verb.add_argument(
            '--face-sizes',
            nargs='+',
            type=whole(1, 4096),
            default=FACE_SIZES,
            metavar='PIXELS',
            help='of a crop on its canvas (48 96 192 288)',
        )
        verb.add_argument(
            '--limit',
            type=whole(1),
            metavar='N',
            help='take N of the crops, spread over the split (all)',
        )
        verb.add_argument(
            '--skip',
            type=whole(0),
            default=0,
            metavar='N',
            help='leave out first those that --limit N alone would take (0)',
        )
        _add_set(verb, '--faceless', 'without a face')
    return parser


def _add_detector(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--weights',
        help='weights file, checkpoint, folder of a run, or the name of ready '
        'weights (the larger ones)',
    )
    parser.add_argument('--config', type=Path, help='config of a checkpoint')
    parser.add_argument(
        '--device', help='cpu, cuda ... (a GPU if there is one)'
    )
    add_page_argument(parser)


def _add_set(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    parser.add_argument(
        name,
        nargs=2,
        metavar=('ROOT', 'SPLIT'),
        help=f'set in VOC layout: pictures {what}',
    )


def _measure(args: argparse.Namespace) -> None:
    if not any(
        (args.crops, args.photographs, args.scenes, args.faceless, args.named)
    ):
        raise InputError(
            'nothing to measure: give --crops, --photographs, --scenes, '
            '--faceless or --named.'
        )
    if args.every_face and not args.peer:
        raise InputError('--every-face is for a peer: give --peer, too.')
    # All of the input is read before the first minute of measuring.
    sets = KnownSets(
        crops=_crops(args) if args.crops else (),
        face_sizes=args.face_sizes,
        photographs=(
            voc_pictures(*args.photographs, one_based=args.one_based)
            if args.photographs
            else ()
        ),
        source_of=_sources(*args.sources) if args.sources else None,
        scenes=(
            voc_pictures(*args.scenes, has_expressions=False, group=args.group)
            if args.scenes
            else ()
        ),
        faceless=_faceless(args) if args.faceless else (),
        named=[
            (
                KnownPicture(path.name, path, ()),
                canonical_expression(path.stem.rpartition('_')[2]),
            )
            for path in args.named
        ],
    )
    if args.peer:
        with start_peer(*args.peer, every_face=args.every_face) as peer:
            report, seen = measure_faces(peer, _peer(peer, args), sets)
    else:
        report, seen = measure_faces(*_detector(args), sets)
    publish(report.to_markdown(), report.to_dict(), 'faces', args.out)
    if args.out:
        for name, pictures in seen.items():
            predictions_of(pictures).write(args.out / f'{name}.json')


def _calibrate(args: argparse.Namespace) -> None:
    if not args.crops and not args.mixture:
        raise InputError('nothing to calibrate on: give --crops or --mixture.')
    crops = _crops(args) if args.crops else []
    faceless = _faceless(args) if args.faceless else []
    mixture = _mixture(args.mixture) if args.mixture else []
    detector, subject = _detector(args)
    # What is found does not build on an earlier calibration.
    detector.temperature, detector.shift = 1.0, 0.0
    seen, validation = [], []
    if crops:
        canvases = on_canvases(crops, args.face_sizes)
        seen += look_aloud(detector, canvases, 'crops')
        sizes = ', '.join(map(str, args.face_sizes))
        validation.append(
            f'{len(crops)} crops on a plain canvas, at {sizes} pixels in turn'
        )
    if mixture:
        pictures = composed_pictures(mixture)
        seen += look_aloud(detector, pictures, 'composed pictures')
        validation.append(
            f'{len(mixture)} composed pictures of {args.mixture.name}'
        )
    if faceless:
        seen += look_aloud(detector, faceless, 'photographs without a face')
        validation.append(f'{len(faceless)} photographs without a face')
    report = CalibrationReport(
        subject, Calibration.of(seen), '; '.join(validation)
    )
    publish(report.to_markdown(), report.to_dict(), 'calibration', args.out)


def _compare(args: argparse.Namespace) -> None:
    first, second = map(Predictions.read, (args.first, args.second))
    shared = SharedFaces.of(first, second, tuple(args.score_thr))
    names = dict(first=str(args.first), second=str(args.second))
    publish(
        shared.to_markdown(**names),
        {**names, 'score_thrs': args.score_thr, **shared.to_dict()},
        'compared',
        args.out,
    )


def _detector(args: argparse.Namespace) -> tuple[FERDetector, Subject]:
    weights = find_weights(args.weights)
    detector = FERDetector(
        weights, args.device, args.score_thr, config=args.config
    )
    if weights.is_dir():
        weights = latest_checkpoint(weights)
    others = [name for name in detector.classes if name not in EXPRESSIONS]
    if others:
        raise InputError(
            f'{weights.name} also names {shown(others)}, and the sets are '
            f'labelled with {", ".join(EXPRESSIONS)} alone: give weights of '
            'these.'
        )
    subject = Subject(
        weights=weights.name,
        sha256=sha256_of(weights),
        config=args.config.name if args.config else '',
        score_thr=detector.score_thr,
        temperature=detector.temperature,
        shift=detector.shift,
        classes=detector.classes,
        sizes=detector.sizes,
        command=shlex.join(['python', *sys.argv]),
        environment=Environment.of(usable_device(args.device)),
    )
    detector.score_thr = _LEAST_SCORE
    return detector, subject


def _peer(peer: Peer, args: argparse.Namespace) -> Subject:
    return Subject(
        weights=peer.name,
        sha256=sha256_of(*peer.weights),
        config='',
        # It has no threshold but that of its faces.
        score_thr=args.score_thr or 0.0,
        temperature=1.0,
        shift=0.0,
        classes=EXPRESSIONS,
        sizes=(1.0,),
        command=shlex.join(['python', *sys.argv]),
        environment=Environment.of(torch.device('cpu')),
    )


def _crops(args: argparse.Namespace) -> Sequence[KnownPicture]:
    crops = voc_pictures(*args.crops)
    if args.skip >= len(crops):
        raise InputError(
            f'--skip is {args.skip}: give a number from 0 to '
            f'{len(crops) - 1}, so that a crop of the split is left.'
        )
    skipped = set(spread(range(len(crops)), args.skip))
    left = [crop for i, crop in enumerate(crops) if i not in skipped]
    if args.limit is None:
        return left
    if args.limit > len(left):
        raise InputError(
            f'--limit is {args.limit}: give a number from 1 to {len(left)}, '
            'the crops of the split that are not skipped.'
        )
    return spread(left, args.limit)


def _mixture(path: Path) -> Mixture:
    mixture = DATASETS.build(load_config(path).val_dataloader.dataset)
    if not hasattr(mixture, 'compose'):
        raise InputError(
            f'--mixture: the validation of {path} composes no pictures; name '
            'such a config as fer_yolo_mamba_faces.py.'
        )
    return mixture


def _faceless(args: argparse.Namespace) -> Sequence[KnownPicture]:
    pictures = voc_pictures(*args.faceless, has_expressions=False)
    for picture in pictures:
        if picture.faces:
            raise InputError(
                f'--faceless: {picture.name} has a face; give a split without.'
            )
    return pictures


def _sources(path: str, column: str) -> Callable[[str], str]:
    remedy = 'name a CSV file with ids in its first column, and one of sources'
    table = read_table(path, [column], remedy)
    sources = {next(iter(row.values())): row[column] for row in table}

    def source_of(name: str) -> str:
        if name not in sources:
            raise InputError(
                f'{path} has no row of {name}: add it, or leave --sources out.'
            )
        return sources[name]

    return source_of


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
