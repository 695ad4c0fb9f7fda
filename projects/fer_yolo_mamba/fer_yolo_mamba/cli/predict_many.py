"""Finds faces in millions of pictures, on one machine or a Ray cluster.

fer-yolo-mamba predict-many album/ --out album_faces
fer-yolo-mamba predict-many s3://bucket/album --out /nfs/faces --address auto
"""

import argparse
import sys
import time
from pathlib import Path

from .. import __version__
from ..apis import FERDetector
from ..apis.weights import find_weights
from ..errors import InputError
from ..files import OutputPath
from . import run_cli
from .arguments import (
    add_looking_arguments,
    add_network_arguments,
    add_resources_arguments,
    whole,
)
from .printing import progress_bar

_EXTRA = 'predict-many needs Ray and Arrow: pip install "fer-yolo-mamba[ray]".'


def make_parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'inputs',
        nargs='+',
        metavar='INPUT',
        help='picture, film, folder (all that is in it), quoted pattern, '
        'address such as s3://bucket/folder, WebDataset tar; with --column a '
        'Parquet or CSV table',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='DIR',
        help='folder of the tables, which all machines see; the same command '
        'again goes on after a kill',
    )
    parser.add_argument(
        '--column',
        metavar='NAME',
        help='column of tables that holds paths, addresses or image files',
    )
    parser.add_argument(
        '--shard-size',
        type=whole(1),
        default=256,
        metavar='N',
        help='pictures, or frames of a film, that are done or done again '
        'together (%(default)s)',
    )
    add_network_arguments(parser)
    add_looking_arguments(parser)
    parser.add_argument(
        '--address',
        help='of a Ray cluster, host:port or auto (a Ray of its own on this '
        'machine)',
    )
    parser.add_argument(
        '--workers',
        type=whole(1),
        metavar='N',
        help='most of them, each with a network (as many as there is room for)',
    )
    add_resources_arguments(parser, 'each worker')
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes the tables that are missing."""
    try:
        import ray.data  # noqa: F401

        from ..apis.many.cluster import Workers
        from ..apis.many.run import predict_many
    except ModuleNotFoundError as error:
        raise InputError(_EXTRA) from error
    weights = None if args.weights is None else str(_described(args.weights))
    options = dict(
        weights=weights,
        device=args.device or ('cuda' if args.gpus else 'cpu'),
        score_thr=args.score_thr,
        sizes=args.sizes,
        min_face=args.min_face,
        half=args.half,
        batch_size=args.batch_size,
    )
    started = time.perf_counter()
    with progress_bar('looking', 'shards') as progress:
        totals = predict_many(
            args.inputs,
            args.out,
            options,
            args.column,
            args.shard_size,
            Workers(args.address, args.workers, args.cpus, args.gpus),
            progress,
            __version__,
        )
    if totals.pictures:
        seconds = time.perf_counter() - started
        print(
            f'{totals.pictures} pictures, {totals.pictures / seconds:.1f} '
            f'pictures/s, {totals.pictures / totals.seconds:.1f} a worker',
            file=sys.stderr,
        )
    print(
        f'{args.out}: {totals.faces} faces, {totals.errors} errors in '
        f'{totals.shards} shards'
    )


def _described(weights: str) -> Path:
    """The weights file, which must be all that a worker needs.

    Raises:
        InputError: It is no file that describes itself, or a damaged one.
    """
    path = find_weights(weights).absolute()
    if path.suffix.lower() not in ('.safetensors', '.onnx'):
        raise InputError(
            f'{path} does not describe itself: write a .safetensors file of '
            'it with tools/convert_checkpoint.py.'
        )
    # What is wrong with it is told here, and not by every worker.
    FERDetector(path, 'cpu')
    return path


if __name__ == '__main__':
    run_cli(make_parser(), main)
