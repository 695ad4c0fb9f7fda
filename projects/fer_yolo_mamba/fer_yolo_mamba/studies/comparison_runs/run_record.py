"""What a run's folder says about the run."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from mmengine.config import Config

from ...compat.environment import TESTED, found
from ...errors import InputError
from ...files import write_atomically
from .data_digest import fer_datasets, joint_digest
from .run import Run

_NAME = 'run.json'


@dataclass(frozen=True)
class RunRecord:
    """The file ``run.json``.

    Attributes:
        config: The config file, as it was given; the resolved one lies
            beside ``run.json`` under the same name.
        config_hash: SHA-256 of :func:`config_text`.
        options: ``KEY=VALUE`` that changed the config.
        seed: Value of ``randomness.seed``.
        epochs: Epochs of the whole training.
        data_hash: One digest over ``data``.
        data: Digest of each split, by split file; see
            :func:`~.data_digest.split_digest`.
        versions: Of Python and each library; null where one is missing.
        device: Model of the GPU or processor of the last start.
        started: Time of the first start, ISO 8601; as those below None until
            then.
        trained: Time at which the training ended.
        finished: Time at which the test ended.
        metrics: The test's reports by evaluator, as its ``metrics.json`` has
            them.
    """

    config: str
    config_hash: str
    options: tuple[str, ...]
    seed: int
    epochs: int
    data_hash: str
    data: Mapping[str, str]
    versions: Mapping[str, str | None]
    device: str | None = None
    started: str | None = None
    trained: str | None = None
    finished: str | None = None
    metrics: Mapping[str, Mapping] | None = None

    def write(self, folder: Path) -> None:
        """Writes ``run.json``, so that it survives a loss of power."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False)
        write_atomically(folder / _NAME, text + '\n', durable=True)

    @classmethod
    def read(cls, folder: Path) -> RunRecord | None:
        """Reads ``run.json``, None if there is none.

        Raises:
            InputError: The file is not one that :meth:`write` wrote.
        """
        path = folder / _NAME
        try:
            return cls(**json.loads(path.read_text(encoding='utf-8')))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f'{path} is not a record of a run: move its folder away, or '
                'name another --work-dir.'
            ) from error


def describe(run: Run, digest: Callable[[str, str, str], str]) -> RunRecord:
    """The record of a run that has not started.

    Args:
        run: The run.
        digest: :func:`~.data_digest.split_digest`, or a function that
            remembers what that returned.

    Raises:
        InputError: The config or its data cannot be read.
    """
    config = run.load()
    data = {
        path: digest(
            path, dataset.data_prefix['img'], dataset.data_prefix['ann']
        )
        for path, dataset in fer_datasets(config).items()
    }
    epochs = config.get('train_cfg', {}).get('max_epochs')
    if not epochs:
        raise InputError(
            f'config {run.config} has no train_cfg.max_epochs: name a config '
            'that trains by epochs.'
        )
    names = ('fer-yolo-mamba', *TESTED)
    return RunRecord(
        config=run.config,
        config_hash=hashlib.sha256(config_text(config).encode()).hexdigest(),
        options=run.options,
        seed=run.seed,
        epochs=epochs,
        data_hash=joint_digest(data),
        data=data,
        versions={
            'Python': platform.python_version(),
            **{name: found(name) for name in names},
        },
    )


def config_text(config: Config) -> str:
    """A resolved config as text that depends on its values alone.

    JSON with sorted keys; without the run's folder, which may be moved.
    """
    values = config.to_dict()
    values.pop('work_dir', None)
    return json.dumps(values, sort_keys=True, default=str)


def now() -> str:
    """The time as records hold it."""
    return datetime.now().astimezone().isoformat(timespec='seconds')
