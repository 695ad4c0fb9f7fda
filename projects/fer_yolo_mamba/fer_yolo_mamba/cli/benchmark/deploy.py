"""The networks in the runtimes that people deploy."""

import os
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ...compat.environment import Environment
from ...engine.config import load_config
from ...engine.devices import usable_device
from ...errors import InputError
from ..arguments import whole
from .part import CONFIGS, Args, Part, number, numbers, sides, told

if TYPE_CHECKING:
    from ...studies.benchmark.deploy_report import DeployReport


def _measure(args: Args) -> 'DeployReport':
    try:
        from ...studies.benchmark.deploy_report import DeployReport
        from ...studies.benchmark.deployments import (
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
        footprints = told(
            measure_footprint(x, args.sides[0], args.starts) for x in files
        )
        turns = args.sides, args.batches, args.rounds
        clock = time.process_time if args.processor_time else time.perf_counter
        latencies = told(compare_deployments(files, *turns, clock))
    return DeployReport(
        Environment.of(usable_device('cpu')),
        shlex.join(['python', *sys.argv]),
        load,
        args.processor_time,
        latencies,
        footprints,
    )


DEPLOY = Part(
    'deploy',
    'the networks in the runtimes that people deploy',
    _measure,
    CONFIGS
    | sides(160, 320, 640)
    | numbers('--batches', (1, 16), 'pictures a call', whole(1))
    | number('--rounds', 15, 'turns of each')
    | number('--starts', 3, 'starts of each')
    | {
        '--processor-time': dict(
            action='store_true',
            help='of all threads, which other programs on the machine hardly '
            'touch',
        ),
        '--compiled': dict(
            action='store_true',
            help='compile both in PyTorch, too, which takes minutes',
        ),
    },
)
