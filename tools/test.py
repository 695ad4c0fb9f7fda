"""Tests a checkpoint on the test split of its config.

Writes metrics.json, metrics.csv, predictions.json and a report with pictures
into the folder of the run.

    python tools/test.py configs/fer_yolo_mamba_rafdb.py \\
        work_dirs/fer_yolo_mamba_rafdb/epoch_300.pth --dump metrics.json
"""

import argparse
from pathlib import Path

from mmengine.config import Config

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_thresholds_argument
from fer_yolo_mamba.engine.checkpoints import read_checkpoint
from fer_yolo_mamba.engine.classes import checkpoint_classes, follow_classes
from fer_yolo_mamba.engine.config import (
    add_run_arguments,
    load_config,
    require_parts,
    use_test_time_augmentation,
)
from fer_yolo_mamba.engine.runner import build_runner
from fer_yolo_mamba.evaluation import (
    FERMetric,
    Predictions,
    fer_metrics,
    write_metric_files,
)
from fer_yolo_mamba.files import OutputPath, refuse_unwritable
from fer_yolo_mamba.reports.evaluation import (
    write_test_pictures,
    write_test_report,
)

_NEEDED = 'model', 'test_cfg', 'test_dataloader', 'test_evaluator'


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_run_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--dump',
        type=OutputPath,
        metavar='METRICS.json',
        help='write the metrics here, too, and as CSV beside it',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        metavar='PREDICTIONS.json',
        help='write every detection and ground truth here '
        '(predictions.json in the folder of the run)',
    )
    parser.add_argument(
        '--tta',
        type=float,
        nargs='*',
        metavar='SCALE',
        help='test on each image and its mirror image, at these multiples of '
        "the config's input (1), and merge",
    )
    add_thresholds_argument(parser)
    parser.add_argument(
        '--show-dir',
        type=OutputPath,
        metavar='DIR',
        help='draw ground truth and detections of each image into this '
        "folder, under the image's name in its set",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Tests, prints the table and writes what was asked for."""
    config = load_config(args.config, args.cfg_options, args.work_dir)
    require_parts(config, *_NEEDED)
    dump = args.out or Path(config.work_dir) / 'predictions.json'
    for path in (dump, args.dump and args.dump.with_suffix('.json')):
        if path:
            refuse_unwritable(path)
    checkpoint = read_checkpoint(args.checkpoint)
    validation = args.thresholds and Predictions.read(args.thresholds)
    config.load_from = args.checkpoint
    classes = checkpoint_classes(checkpoint.get('meta', {}), args.checkpoint)
    if classes and (told := follow_classes(config, classes, args.checkpoint)):
        print(told)
    # A line with the time left every ten batches.
    if logger := config.get('default_hooks', {}).get('logger'):
        logger.interval = 10
    _dump_predictions(config, dump)
    if args.tta is not None:
        use_test_time_augmentation(config, args.tta or (1.0,))

    runner = build_runner(config, args.launcher)
    metrics = runner.test()
    if runner.rank == 0:
        found = fer_metrics(runner.test_evaluator)
        if args.dump:
            reports = {
                prefix: metric.report for prefix, metric in found.items()
            }
            write_metric_files(args.dump.with_suffix(''), reports, metrics)
        metric = next(iter(found.values()))
        folder = Path(runner.work_dir) / 'report'
        write_test_report(metric.matched, folder, metric.score_thr, validation)
        if args.show_dir:
            write_test_pictures(
                metric.matched.predictions, args.show_dir, metric.score_thr
            )
        runner.logger.info(f'Report: {folder / "report.md"}')


def _dump_predictions(config: Config, path: Path) -> None:
    """Makes the first FERMetric write what the detector said."""
    given = config.test_evaluator
    evaluators = list(given) if isinstance(given, list) else [given]
    name = FERMetric.__name__
    # Perhaps with the name of a registry before it.
    types = [str(evaluator['type']).split('.')[-1] for evaluator in evaluators]
    if name not in types:
        types.append(name)
        evaluators.append(dict(type=name))
    number = types.index(name)
    evaluators[number] = dict(evaluators[number], dump=str(path))
    config.test_evaluator = evaluators


if __name__ == '__main__':
    run_cli(make_parser(), main)
