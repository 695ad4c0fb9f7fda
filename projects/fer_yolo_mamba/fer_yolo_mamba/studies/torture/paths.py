"""Every path on which a checkpoint comes into the package."""

import shutil
from collections.abc import Callable, Iterable
from functools import cache, partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from ...apis import FERDetector
from ...engine.plain_runner import forget_runs
from ...errors import InputError
from ..runs import Run, describe, split_digest
from .good_files import CONFIG, OUT, PICTURES, RUN
from .trial import Attempt, RunTool

# Where the checkpoint is put.
_GIVEN = Path('given.pth')
# What the tools said, the one that was started last first.
_LOGS = ('test.log', 'train.log')
_TRAINING = (
    'train_cfg.max_epochs=3',
    'default_hooks.checkpoint.max_keep_ckpts=1',
)


def train(run_tool: RunTool, tools: Path, arguments: Iterable[object]) -> None:
    """Trains as the command line does, and ends as it does."""
    module = _module(tools / 'train.py')
    run_tool(module.make_parser(), module.main, list(map(str, arguments)))


def _tool(tools: Path, name: str, *arguments: object) -> None:
    module = _module(tools / f'{name}.py')
    args = module.make_parser().parse_args(list(map(str, arguments)))
    module.main(args)


@cache
def _module(path: Path) -> ModuleType:
    spec = spec_from_file_location(f'{path.stem}_tool', path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _test(tools: Path, given: Path) -> None:
    _tool(tools, 'test', CONFIG, given, '--work-dir', OUT / 'test')


def _predict(tools: Path, given: Path) -> None:
    options = ('--config', CONFIG, '--checkpoint', given, '--out', OUT)
    _tool(tools, 'predict', PICTURES[0], *options)


def _convert(tools: Path, given: Path) -> None:
    out = OUT / 'weights.safetensors'
    _tool(tools, 'convert_checkpoint', given, out, '--config', CONFIG)


def _api(tools: Path, given: Path) -> None:
    list(FERDetector(given, config=CONFIG)(PICTURES[0]))


def _resume(tools: Path, given: Path) -> None:
    folder = _run_folder(given, OUT / 'run')
    _train(tools, folder, '--resume', '--cfg-options', *_TRAINING)


def _load_from(tools: Path, given: Path) -> None:
    options = ('train_cfg.max_epochs=1', f'load_from={given}')
    _train(tools, OUT / 'run', '--cfg-options', *options)


def _init_cfg(tools: Path, given: Path) -> None:
    start = 'model.backbone.init_cfg'
    _train(
        tools,
        OUT / 'run',
        '--cfg-options',
        'train_cfg.max_epochs=1',
        f'{start}._delete_=True',
        f'{start}.type=Pretrained',
        f'{start}.prefix=backbone.',
        f'{start}.checkpoint={given}',
    )


def _compare(tools: Path, given: Path) -> None:
    """Goes on from the checkpoint in processes of its own, with logs."""
    run = Run(str(CONFIG), 0, OUT / CONFIG.stem / 'seed_0')
    _run_folder(given, run.folder)
    describe(run, split_digest).write(run.folder)
    try:
        _tool(
            tools,
            'compare',
            *('run', '--configs', CONFIG, '--seeds', 0, '--work-dir', OUT),
            *('--devices', 'cpu'),
        )
    except SystemExit:
        # A run that failed; the summary has the last line of its log.
        path = next(x for x in map(run.folder.joinpath, _LOGS) if x.exists())
        log = path.read_text(encoding='utf-8')
        *_, last = log.strip().splitlines()
        if 'Traceback' in log or not last.startswith('error: '):
            raise RuntimeError(last) from None
        raise InputError(last.removeprefix('error: ')) from None


def _train(tools: Path, folder: Path, *options: object) -> None:
    _tool(tools, 'train', CONFIG, '--work-dir', folder, *options)


def _run_folder(given: Path, folder: Path) -> Path:
    """A run that was stopped after the checkpoint, its first."""
    folder.mkdir(parents=True)
    shutil.copy(given, folder / 'epoch_2.pth')
    shutil.copy(RUN / 'metrics.csv', folder)
    (folder / 'last_checkpoint').write_text(str(folder / 'epoch_2.pth'))
    return folder


#: By name.
PATHS: dict[str, Callable[[Path, Path], None]] = {
    'test': _test,
    'predict': _predict,
    '--resume': _resume,
    'load_from': _load_from,
    'init_cfg': _init_cfg,
    'convert': _convert,
    'API': _api,
    'compare': _compare,
}
#: Those that start processes, which takes them ten times as long.
SLOW = ('compare',)


def given(subject: str, number: str, checkpoints: Path, tools: Path) -> Attempt:
    """A path and a checkpoint for it.

    Args:
        subject: Name of the path.
        number: Name of the checkpoint.
        checkpoints: Their folder.
        tools: That of the command-line tools.
    """
    content = (checkpoints / f'{number}.pth').read_bytes()
    read = partial(_in_clean_folder, PATHS[subject], tools)
    return Attempt(subject, number, _GIVEN, content, read, subject in SLOW)


def _in_clean_folder(path: Callable, tools: Path, given: Path) -> None:
    try:
        path(tools, given)
    finally:
        shutil.rmtree(OUT, ignore_errors=True)
        forget_runs()
