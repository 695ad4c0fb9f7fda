"""Runs of a study: a config trained and tested with one seed in one folder.

``work_dirs/comparison/<config>/seed_<n>/`` holds one run and says what it is:

======================  ======================================================
``run.json``            config, data, versions, device, times and final metrics
``resolved_config.py``  the resolved config; what is read is its ``.json``
``train.log``           what tools/train.py printed, and ``test.log`` test.py
``test/``               the test's own files, ``metrics.json`` among them
======================  ======================================================
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import DATASETS

from ..compat.environment import TESTED, found
from ..datasets import FERVOCDataset, read_voc_xml
from ..datasets.splits import read_split
from ..datasets.voc_image_reader import VOCImageReader
from ..engine.config import Options, load_config, read_config_json
from ..engine.run_folder import latest_checkpoint
from ..engine.runner import RESOLVED_CONFIG
from ..errors import InputError
from ..evaluation import DetectionReport
from ..files import json_text, write_atomically
from ..inputs import parse_json

_RECORD = 'run.json'
_LOADERS = ('train_dataloader', 'test_dataloader')
_ABSENT = 'absent'
# Settings that hold further data sets.
_HOLDERS = ('datasets', 'dataset', 'sources', 'crops', 'backgrounds')
# Of the resolved config: what train.py itself sets.
_BY_TRAIN = ('launcher', 'load_from', 'resume', 'fused', 'cudnn_benchmark')


@dataclass(frozen=True)
class Run:
    """What is to be trained and tested, and where.

    >>> Run('configs/demo.py', 1, Path('work_dirs/comparison/demo/seed_1')).name
    'demo'

    Attributes:
        config: The config file, as it was given.
        seed: Value of ``randomness.seed``.
        folder: Folder of this run alone.
        options: ``KEY=VALUE`` as ``--cfg-options`` takes them.
    """

    config: str
    seed: int
    folder: Path
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The config's name."""
        return Path(self.config).stem

    def __str__(self) -> str:
        return f'{self.name} seed {self.seed}'

    def arguments(self, work_dir: Path) -> list[str]:
        """What train.py and test.py take alike, after the config."""
        return ['--work-dir', str(work_dir), *self._changes()]

    def load(self) -> Config:
        """The resolved config, read as train.py reads it.

        Raises:
            InputError: See :func:`~fer_yolo_mamba.engine.config.load_config`.
        """
        parser = argparse.ArgumentParser()
        parser.add_argument('--cfg-options', nargs='+', action=Options)
        options = parser.parse_args(self._changes()).cfg_options
        return load_config(self.config, options, self.folder)

    def _changes(self) -> list[str]:
        return ['--cfg-options', *self.options, f'randomness.seed={self.seed}']


def list_runs(
    configs: Sequence[str],
    seeds: Sequence[int],
    work_dir: Path,
    options: Sequence[str] = (),
) -> list[Run]:
    """Every config with every seed, in the order in which they are run.

    Args:
        configs: Config files.
        seeds: Seeds.
        work_dir: Folder of the study.
        options: ``KEY=VALUE`` for all runs.

    Raises:
        InputError: Two runs would share a folder.
    """
    runs = {}
    for config, seed in product(configs, seeds):
        folder = work_dir / Path(config).stem / f'seed_{seed}'
        if folder in runs:
            raise InputError(
                f'{config} with seed {seed} would be the second run in '
                f'{folder}: name each config and seed once, and give the '
                'config files different names.'
            )
        runs[folder] = Run(config, seed, folder, tuple(options))
    return list(runs.values())


@dataclass(frozen=True)
class RunRecord:
    """What a run's folder says about the run: the file ``run.json``.

    Attributes:
        config: The config file, as it was given; the resolved one lies
            beside ``run.json``.
        config_hash: SHA-256 of the resolved config's values.
        options: ``KEY=VALUE`` that changed the config.
        seed: Value of ``randomness.seed``.
        epochs: Epochs of the whole training.
        data_hash: One digest over ``data``.
        data: Digest of each split, by split file; see :func:`split_digest`.
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
        text = json_text(asdict(self))
        write_atomically(folder / _RECORD, text, durable=True)

    @classmethod
    def read(cls, folder: Path) -> RunRecord | None:
        """Reads ``run.json``, None if there is none.

        Raises:
            InputError: The file is not one that :meth:`write` wrote.
        """
        path = folder / _RECORD
        try:
            record = cls(**parse_json(path.read_text(encoding='utf-8')))
            if record.metrics:
                first_report(record.metrics)  # one of an earlier version fails
            return record
        except FileNotFoundError:
            return None
        except (OSError, LookupError, TypeError, ValueError) as error:
            raise InputError(
                f'{path} is not a record of a run: move its folder away, or '
                'name another --work-dir.'
            ) from error


def first_report(reports: Mapping[str, Mapping]) -> DetectionReport:
    """The report of a test by which it is judged: the first evaluator's.

    Args:
        reports: By evaluator, as the test's ``metrics.json`` has them.
    """
    return DetectionReport.from_dict(next(iter(reports.values())))


def describe(run: Run, digest: Callable[[str, str, str], str]) -> RunRecord:
    """The record of a run that has not started.

    Args:
        run: The run.
        digest: :func:`split_digest`, or a function that remembers what that
            returned.

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
    return RunRecord(
        config=run.config,
        config_hash=_sha256(_values(config)),
        options=run.options,
        seed=run.seed,
        epochs=epochs,
        data_hash=_sha256(' '.join(data.values())),
        data=data,
        versions={
            'Python': platform.python_version(),
            **{name: found(name) for name in ('fer-yolo-mamba', *TESTED)},
        },
    )


def continued(run: Run, described: RunRecord) -> RunRecord:
    """The record to go on from: the folder's own, if it is the same run.

    Nothing is asked of a folder from which nothing would be kept, such as
    that of a run whose config was at fault at first.

    Args:
        run: The run.
        described: Its record as it would be if it started now.

    Returns:
        ``described``, with what an earlier start has reached.

    Raises:
        InputError: Another config or other data were used for what the
            folder holds.
    """
    earlier = RunRecord.read(run.folder)
    checkpoint = latest_checkpoint(run.folder)
    if earlier is None and checkpoint:
        raise InputError(
            f'{run.folder} holds checkpoints of a training that has no '
            'record: name another --work-dir.'
        )
    if earlier is None or not (earlier.finished or checkpoint):
        return described
    if earlier.config_hash != described.config_hash:
        raise InputError(
            f'{run.folder} holds a run of another config '
            f'({_changed_field(run)}): name another --work-dir, or undo the '
            'change.'
        )
    for path, digest in described.data.items():
        if digest != earlier.data.get(path):
            raise InputError(
                f'{run.folder} holds a run on other data (images or '
                f'annotations of {path}, or that file, have changed since): '
                'name another --work-dir, or undo the change.'
            )
    if earlier.finished:
        return earlier
    return replace(described, started=earlier.started, trained=earlier.trained)


def _changed_field(run: Run) -> str:
    """The first value in which the folder's resolved config differs."""
    dumped = (run.folder / RESOLVED_CONFIG).with_suffix('.json')
    if dumped.is_file():
        before, after = (
            dict(_leaves('', json.loads(_values(config))))
            for config in (read_config_json(dumped), run.load())
        )
        # Those that train.py sets come last: a resumed run changes them, too.
        for key in sorted(
            before.keys() | after.keys(),
            key=lambda key: (key.split('.')[-1] in _BY_TRAIN, key),
        ):
            was, now = before.get(key, _ABSENT), after.get(key, _ABSENT)
            if was != now:
                return f'{key} is {now} and was {was}'
    return f'{run.config} has changed since'


def _leaves(key: str, value: object) -> Iterator[tuple[str, object]]:
    """Dotted keys and values of what JSON holds."""
    if not value or not isinstance(value, dict | list):
        yield key, value
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in parts:
        yield from _leaves(f'{key}.{name}' if key else str(name), part)


def _values(config: Config) -> str:
    """A resolved config as text that depends on its values alone.

    JSON with sorted keys; without the run's folder, which may be moved.
    """
    values = config.to_dict()
    values.pop('work_dir', None)
    return json.dumps(values, sort_keys=True, default=str)


def fer_datasets(config: Config) -> dict[str, FERVOCDataset]:
    """The data sets of training and test, by split file; not yet read.

    Wrappers such as mmengine's ``ConcatDataset`` are looked into, and a
    ``FaceMixture``, but for the votes of its crops.

    Raises:
        InputError: The config has none, or one of another kind.
    """
    init_default_scope(config.get('default_scope', 'mmyolo'))
    datasets = {}
    for loader in _LOADERS:
        if not config.get(loader):
            raise InputError(
                f'config {config.filename} has no {loader}: name a config '
                'that trains and tests a detector.'
            )
        for settings in _innermost(config[loader].dataset):
            settings = {**settings, 'pipeline': [], 'lazy_init': True}
            dataset = DATASETS.build(settings)
            if not isinstance(dataset, FERVOCDataset):
                raise InputError(
                    f'config {config.filename}: {loader} reads '
                    f'{settings["type"]}, whose files are not known: use '
                    'FERVOCDataset.'
                )
            datasets[str(dataset.ann_file)] = dataset
    return datasets


def _innermost(settings: Mapping) -> Iterator[Mapping]:
    parts = [settings[name] for name in _HOLDERS if settings.get(name)]
    if not parts:
        yield settings
    for part in parts:
        for inner in [part] if isinstance(part, Mapping) else part:
            yield from _innermost(inner)


def split_digest(split_file: str, images: str, annotations: str) -> str:
    """A digest over a split's ids, annotations, and image names and sizes.

    The pictures are not read, only their sizes in bytes, so that 15,000 take
    two seconds: one exchanged for another of the same name and size goes
    unseen. The digest does not depend on where the set lies.

    Args:
        split_file: One image id a line.
        images: Folder of the images.
        annotations: Folder of the XML files.

    Returns:
        SHA-256 in hexadecimal digits.

    Raises:
        InputError: The split file or a folder cannot be read.
    """
    digest = hashlib.sha256()
    reader = VOCImageReader(images, annotations, classes=())
    for image_id in read_split(split_file, annotations):
        digest.update(f'\n{image_id}\n'.encode())
        xml_path = reader.xml_path(image_id)
        try:
            image = reader.images.find(
                image_id, read_voc_xml(xml_path).filename
            )
            digest.update(hashlib.sha256(xml_path.read_bytes()).digest())
        except InputError:
            # Leaving the image out or stopping is the data set's decision.
            digest.update(b'at fault')
            continue
        try:
            name = f'{image.name} {image.stat().st_size}'
        except OSError:  # a link that leads nowhere
            name = image.name
        digest.update(name.encode())
    return digest.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
