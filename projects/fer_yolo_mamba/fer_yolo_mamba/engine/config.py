"""Reading a config file as the tools do, and its test pipeline."""

import argparse
import json
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.logging import print_log
from mmengine.utils import import_modules_from_strings

from ..errors import InputError
from ..files import OutputPath
from ..inputs import parse_json, read_bounded
from .classes import hand_down_classes
from .config_names import READ_NAMES, instead_of, unread_names
from .input_side import hand_down_input_side

# Of the sources; elsewhere, where the package is installed without them.
_CHECKOUT = Path(__file__).parents[4]
# The deepest stride of most detectors.
_STRIDE = 32
_LONGEST_JSON = 5_000_000  # bytes
# mmengine takes time with the square of the brackets in it.
_LONGEST_OPTION = 5_000
# Which are dicts, or None, as if they were not there.
_PARTS = (
    *('model', 'train_cfg', 'val_cfg', 'test_cfg', 'optim_wrapper'),
    *('train_dataloader', 'val_dataloader', 'test_dataloader'),
    *('default_hooks', 'visualizer', 'log_processor', 'env_cfg'),
    *('randomness', 'model_wrapper_cfg', 'auto_scale_lr', 'custom_imports'),
)
# As YOLOX merges the predictions of one image.
_MERGE = dict(nms=dict(type='nms', iou_threshold=0.65), max_per_img=300)


def load_config(
    path: str | Path,
    options: dict | None = None,
    work_dir: str | Path | None = None,
) -> Config:
    """Reads a config, applies options and settles its run folder.

    Names at its top that nothing reads are parts that others were written
    with: they are left out, and a warning tells of those that the user wrote.
    So are parts that are None.
    A list `classes` is handed to the data sets and the head, and `input_side`
    to all that depends on it (configs/README.md).

    Args:
        path: A Python config file, see :func:`find_config`.
        options: Values by dotted key, as ``--cfg-options`` gives them.
        work_dir: Folder of the run; ``work_dirs/<name of the config>`` unless
            given here or in the config.

    Raises:
        InputError: The file is missing or is no valid config.
    """
    path = find_config(path)
    try:
        config = Config.fromfile(path, import_custom_modules=False)
        config.merge_from_dict(options or {})
    except Exception as error:
        # A config is a program: anything can go wrong in it.
        raise InputError(
            f'config {path} cannot be read: {type(error).__name__}: '
            f'{str(error).splitlines()[0] if str(error) else ""} '
            '(--debug shows where).'
        ) from error
    for name in _PARTS:
        if config.get(name) is None:
            config.pop(name, None)
        elif not isinstance(config[name], dict):
            raise _not_made(name, config[name])
    if os.environ.get('RANK', '0') == '0':
        for name in unread_names(path, options or {}):
            print_log(
                f'{path}: {name} is read by nothing: '
                f'{instead_of(name, config)}',
                logger='current',
                level=logging.WARNING,
            )
    for name in set(config) - READ_NAMES:
        config.pop(name)
    if not config.get('auto_scale_lr', {}).get('enable'):
        config.pop('auto_scale_lr', None)
    if 'custom_imports' in config:
        import_modules_from_strings(**config.custom_imports)
    hand_down_classes(config)
    hand_down_input_side(config)
    config.work_dir = str(
        work_dir or config.get('work_dir') or Path('work_dirs') / path.stem
    )
    return config


def require_parts(config: Config, *names: str) -> None:
    """Refuses a config that has not all of these parts.

    >>> require_parts(config, 'test_dataloader', 'test_evaluator')

    Raises:
        InputError: One is missing, or None.
    """
    for name in names:
        if config.get(name) is None:
            raise _not_made(name, None)


def config_json(config: Config) -> str:
    """A config's values as JSON; what is no data, a class, is its name."""
    return json.dumps(config.to_dict(), indent=2, default=str) + '\n'


def read_config_json(path: str | Path) -> Config:
    """Reads what :func:`config_json` wrote; it is data, and runs nothing.

    Types in it are still the names of anything: what is built of it is to be
    checked first (:mod:`.model_data`).

    Raises:
        InputError: The file is missing, or no such data.
    """
    path = Path(path)
    try:
        return Config(parse_json(read_bounded(path, _LONGEST_JSON).decode()))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f'{path} is no resolved config that a training wrote: train the '
            'run anew, in another folder.'
        ) from error


class Options(DictAction):
    """``KEY=VALUE …`` as a dictionary; what is none is an argument's fault."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        try:
            for value in values:
                if len(value) > _LONGEST_OPTION:
                    raise ValueError(f'{len(value)} characters are too many')
                if re.search(r'=[\[(]*(dict\(|\{)', value):
                    raise ValueError(
                        'for what is within a dict, its key follows a dot: '
                        'train_cfg.max_epochs=2'
                    )
            super().__call__(parser, namespace, values, option_string)
            for key in getattr(namespace, self.dest):
                if not all(key.split('.')):
                    raise ValueError(f'{key[:50]!r} is no key')
        except (AssertionError, ValueError, RecursionError) as error:
            reason = str(error).splitlines()[0][:200]
            raise argparse.ArgumentError(
                self, f'give KEY=VALUE, lists as KEY="[1,2]" ({reason})'
            ) from None


def find_config(path: str | Path) -> Path:
    """The file of a config: in this folder or, if there is none, the checkout.

    >>> find_config('configs/fer_yolo_mamba_demo.py')  # in any folder
    PosixPath('/home/me/fer-yolo-mamba/configs/fer_yolo_mamba_demo.py')

    Raises:
        InputError: It is in neither.
    """
    for found in (Path(path), _CHECKOUT / path):
        if found.is_file():
            return found
    if (_CHECKOUT / 'configs').is_dir():
        remedy = f'those of this project are in {_CHECKOUT / "configs"}'
    else:
        remedy = (
            'an installed package has none of its own, so name a file, such '
            "as one of configs/ in a checkout of this project's sources"
        )
    raise InputError(f'config {path} does not exist: {remedy}.')


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, and values to change in it."""
    parser.add_argument('config', help='config file')
    add_config_options(parser)


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Adds values to change in a config."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=Options,
        metavar='KEY=VALUE',
        help='values of the config to change, by dotted key',
    )


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what every tool takes that runs a config in mmengine's runner."""
    add_config_arguments(parser)
    parser.add_argument(
        '--work-dir',
        type=OutputPath,
        help='folder of the run (work_dirs/<config>)',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm'],
        default='none',
        help='what starts the processes: pytorch for torchrun, slurm for srun',
    )


@dataclass(frozen=True)
class TestPipeline:
    """The transforms of a config's test pipeline, by what they are for.

    Attributes:
        load: Read the image.
        resize: The one with a ``scale``, (width, height) in pixels.
        finish: Pad, read the boxes in original pixels, and pack.
    """

    load: tuple[dict, ...]
    resize: dict
    finish: tuple[dict, ...]

    @classmethod
    def of(cls, config: Config) -> 'TestPipeline':
        """Of a config.

        Raises:
            InputError: It does not have one transform with a scale.
        """
        require_parts(config, 'test_dataloader')
        steps = config.test_dataloader.dataset.pipeline
        sized = [index for index, step in enumerate(steps) if 'scale' in step]
        if len(sized) != 1:
            raise InputError(
                f'the test pipeline of {config.filename} has {len(sized)} '
                'transforms with a scale and needs one: resize with '
                'mmdet.Resize and pad with mmdet.Pad.'
            )
        (at,) = sized
        return cls(tuple(steps[:at]), steps[at], tuple(steps[at + 1 :]))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width to which a picture is scaled."""
        width, height = self.resize['scale']
        return height, width

    def with_boxes_resized(self) -> list[dict]:
        """As a training needs it: boxes are read first, and resized, too."""
        boxes = [
            step
            for step in self.finish
            if step['type'].endswith('LoadAnnotations')
        ]
        rest = [step for step in self.finish if step not in boxes]
        return [*self.load, *boxes, self.resize, *rest]

    def in_views(self, scales: Sequence[float]) -> list[dict]:
        """Makes the image and its mirror image at multiples of its size."""
        *others, pack = self.finish
        sizes = [
            dict(
                self.resize,
                scale=tuple(_resized(s, scale) for s in self.resize['scale']),
            )
            for scale in scales
        ]
        mirror = [dict(type='mmdet.RandomFlip', prob=p) for p in (0.0, 1.0)]
        meta_keys = (*pack.get('meta_keys', ()), 'flip', 'flip_direction')
        views = dict(
            type='TestTimeAug',
            transforms=[
                sizes,
                mirror,
                *([step] for step in others),
                [dict(pack, meta_keys=meta_keys)],
            ],
        )
        return [*self.load, views]


def use_test_time_augmentation(
    config: Config, scales: Sequence[float] = (1.0,)
) -> None:
    """Tests on each image as it is and mirrored, at each of several sizes.

    mmengine's model for it runs the detector on every view; what it says of
    all of them is merged by NMS within each class.

    Args:
        config: Is changed.
        scales: Sizes of the views as multiples of the pipeline's, rounded to
            multiples of 32 pixels, save for 1.

    Raises:
        InputError: A scale is not a positive number; see also
            :meth:`TestPipeline.of`.
    """
    if not scales or not all(0 < scale < inf for scale in scales):
        raise InputError(
            f'--tta {" ".join(map(str, scales))}: give sizes above 0 as '
            'multiples of the input, such as 1 1.25.'
        )
    pipeline = TestPipeline.of(config)
    config.test_dataloader.dataset.pipeline = pipeline.in_views(scales)
    config.model = dict(
        type='mmdet.DetTTAModel', module=config.model, tta_cfg=_MERGE
    )
    # A checkpoint's weights are the averaged ones; the hook would look for
    # them under the names of this model.
    config.custom_hooks = [
        hook
        for hook in config.get('custom_hooks') or []
        if hook['type'] != 'EMAHook'
    ]


def _not_made(name: str, value: object) -> InputError:
    return InputError(
        f'{name} is {value!r:.60}: give what it is made of, in a config as '
        f'{name} = dict(…), as an option as {name}.KEY=VALUE.'
    )


def _resized(side: int, scale: float) -> int:
    if scale == 1:
        return side
    return max(round(side * scale / _STRIDE), 1) * _STRIDE
