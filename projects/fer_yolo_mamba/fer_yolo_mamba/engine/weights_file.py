"""Weights files that describe themselves: safetensors with JSON beside them.

The tensors are in half precision. The file's metadata hold one JSON object
under `METADATA_KEY`: all that is needed to build the network and to feed it.
Nothing of it is a program, and nothing of it is believed before it is checked
(:mod:`.model_data`), for such files come from anywhere.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import torch
import torch.nn as nn
from mmengine.config import Config
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from ..errors import InputError
from ..files import write_atomically
from .config import TestPipeline
from .model_data import build_as_described, model_data

#: Where in a file's metadata its description is.
METADATA_KEY = 'fer_yolo_mamba'

_LONGEST_DESCRIPTION = 1_000_000  # characters
_LONGEST_HEADER = 10_000_000  # bytes
_LARGEST = 2 * 2**30  # bytes
_FILE_TYPES = (torch.float16, torch.bfloat16, torch.float32)
# How many batches a batch normalisation saw: only a training without momentum
# would ask for it, so files leave it out, and the networks begin at zero.
_NOT_KEPT = '.num_batches_tracked'


@dataclass(frozen=True)
class InputSide:
    """How a photograph becomes the network's input.

    It is scaled, bilinearly, until its longer side is `side`, and padded on
    the right and below to a square of `padding`; then come the order of the
    channels, minus `mean`, and divided by `std`.

    Attributes:
        side: Of the square, in pixels.
        padding: Grey of what is added, in [0, 255].
        channels: ``BGR`` or ``RGB``.
        mean: Three numbers, in the order of `channels`.
        std: Three numbers, likewise.
    """

    side: int
    padding: float
    channels: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        _demand(
            type(self.side) is int and 32 <= self.side <= 4096,
            'input.side is no whole number from 32 to 4096',
        )
        _demand(
            _is_number(self.padding, 0, 255),
            'input.padding is no number from 0 to 255',
        )
        _demand(
            self.channels in ('BGR', 'RGB'), 'input.channels is not BGR or RGB'
        )
        for name in ('mean', 'std'):
            values = getattr(self, name)
            least = -1e4 if name == 'mean' else 1e-4
            _demand(
                isinstance(values, (list, tuple))
                and len(values) == 3
                and all(_is_number(value, least, 1e4) for value in values),
                f'input.{name} is not three numbers of at least {least}',
            )
            object.__setattr__(self, name, tuple(values))

    @classmethod
    def of(cls, config: Config) -> 'InputSide':
        """That of a config's test pipeline and data preprocessor.

        Raises:
            InputError: The pipeline follows another rule.
        """
        pipeline = TestPipeline.of(config)
        pads = [step for step in pipeline.finish if 'pad_val' in step]
        height, width = pipeline.size
        if not (
            height == width
            and pipeline.resize.get('keep_ratio')
            and [pad.get('pad_to_square') for pad in pads] == [True]
        ):
            raise InputError(
                f'the test pipeline of {config.filename} does not pad to a '
                'square: resize with mmdet.Resize(keep_ratio=True) and pad '
                'with mmdet.Pad(pad_to_square=True), as configs/_base_ do.'
            )
        preprocessor = config.model.data_preprocessor
        return cls(
            side=height,
            padding=pads[0]['pad_val']['img'][0],
            channels='RGB' if preprocessor.get('bgr_to_rgb') else 'BGR',
            mean=tuple(preprocessor.mean),
            std=tuple(preprocessor.std),
        )


@dataclass(frozen=True)
class Description:
    """What a weights file says of itself.

    Attributes:
        model: Configuration of the detector, plain data, without its data
            preprocessor (`input` says it) and without any initialisation.
        classes: Their names in the order of the labels.
        input: See :class:`InputSide`.
        sizes: Fractions of the input side in which a photograph is looked at.
        score_thr: Least score of a face, chosen on a validation set.
        temperature: Divides the logit of every score, after `shift` was
            added, so that a score means what it says; both are fitted on a
            validation set.
        shift: Of the logits.
        version: Of this project, when the file was written.
        data: Names of what it was trained on.
        figures: Measured figures, for people to read.
    """

    model: dict
    classes: tuple[str, ...]
    input: InputSide
    sizes: tuple[float, ...] = (1.0, 0.5)
    score_thr: float = 0.5
    temperature: float = 1.0
    shift: float = 0.0
    version: str = ''
    data: tuple[str, ...] = ()
    figures: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ('classes', 'data'):
            words = getattr(self, name)
            _demand(
                isinstance(words, (list, tuple))
                and len(words) <= 1000
                and len(set(map(str, words))) == len(words)
                and all(type(word) is str and word for word in words)
                and ''.join(words).isprintable(),
                f'{name} are no list of different words',
            )
            object.__setattr__(self, name, tuple(words))
        _demand(self.classes, 'classes are missing')
        _demand(
            isinstance(self.sizes, (list, tuple))
            and 1 <= len(self.sizes) <= 8
            and all(_is_number(size, 0.05, 4) for size in self.sizes),
            'sizes are no list of numbers from 0.05 to 4',
        )
        object.__setattr__(self, 'sizes', tuple(self.sizes))
        _demand(
            _is_number(self.score_thr, 0, 1),
            'score_thr is no number from 0 to 1',
        )
        _demand(
            _is_number(self.temperature, 0.01, 100),
            'temperature is no number from 0.01 to 100',
        )
        _demand(
            _is_number(self.shift, -20, 20),
            'shift is no number from -20 to 20',
        )
        _demand(
            type(self.version) is str and self.version.isprintable(),
            'version is no text',
        )
        _demand(isinstance(self.figures, dict), 'figures are no object')
        object.__setattr__(self, 'model', model_data(self.model))

    @classmethod
    def of(cls, config: Config, **others) -> 'Description':
        """Of a config's detector; ``others`` are further attributes.

        Raises:
            InputError: A type of the model is not one of those that weights
                files may name; see also :meth:`InputSide.of`.
        """
        model = {
            key: value
            for key, value in config.model.to_dict().items()
            if key != 'data_preprocessor'
        }
        return cls(model=model, input=InputSide.of(config), **others)

    @classmethod
    def from_json(cls, text: str) -> 'Description':
        """Of the text in a file.

        Raises:
            InputError: It is not JSON, or says something that cannot be.
        """
        _demand(
            len(text) <= _LONGEST_DESCRIPTION,
            'it is longer than any of this project',
        )
        try:
            values = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise InputError('description of weights: no JSON') from None
        names = {part.name for part in fields(cls)}
        sides = {part.name for part in fields(InputSide)}
        _demand(
            isinstance(values, dict) and values.keys() == names,
            f'its keys are not {", ".join(sorted(names))}',
        )
        side = values['input']
        _demand(
            isinstance(side, dict) and side.keys() == sides,
            f'the keys of input are not {", ".join(sorted(sides))}',
        )
        return cls(**{**values, 'input': InputSide(**side)})

    def to_json(self) -> str:
        """What `from_json` reads."""
        return json.dumps(asdict(self), allow_nan=False)


def write_weights(
    path: str | Path,
    weights: Mapping[str, torch.Tensor],
    description: Description,
) -> None:
    """Writes a weights file, whole or not at all.

    Args:
        path: Ends in ``.safetensors``.
        weights: State dict of the detector; written in half precision.
        description: What the file says of itself.

    Raises:
        InputError: A weight is not finite, or too large for half precision;
            the weights are not those of the described model.
    """
    _require_suffix(path)
    # Also builds it: a file that cannot be used is not written.
    build_as_described(description.model, description.classes, weights)
    half = {
        name: value.detach().cpu().to(torch.float16).contiguous()
        for name, value in weights.items()
        if not name.endswith(_NOT_KEPT)
    }
    _require_finite(half, path)
    metadata = {'format': 'pt', METADATA_KEY: description.to_json()}
    write_atomically(path, save(half, metadata))


def read_weights(
    path: str | Path,
) -> tuple[Description, dict[str, torch.Tensor]]:
    """Reads a weights file to the CPU; runs nothing that is in it.

    Returns:
        What the file says of itself, and its tensors in float32.

    Raises:
        InputError: The file is missing, damaged, or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f'weights {path} do not exist: name a .safetensors file, or write '
            'one with tools/convert_checkpoint.py.'
        )
    _require_suffix(path)
    try:
        _require_size(path)
        with safe_open(path, framework='pt') as file:
            text = (file.metadata() or {}).get(METADATA_KEY)
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f'{path} is damaged, cut short or no safetensors file: copy or '
            'download it again.'
        ) from error
    if text is None:
        raise InputError(
            f'{path} does not say what network it is for: write it from its '
            'checkpoint and config with tools/convert_checkpoint.py.'
        )
    try:
        description = Description.from_json(text)
    except InputError as error:
        raise InputError(
            f'{path} cannot be used ({error}): take the published file again, '
            'or write it with tools/convert_checkpoint.py.'
        ) from error
    if any(value.dtype not in _FILE_TYPES for value in tensors.values()):
        raise InputError(
            f'{path} holds tensors that are no floating-point numbers: write '
            'it with tools/convert_checkpoint.py.'
        )
    _require_finite(tensors, path)
    return description, {
        name: value.to(torch.float32) for name, value in tensors.items()
    }


def load_described(path: str | Path) -> tuple[Description, nn.Module]:
    """Builds the detector that a weights file describes, for evaluation.

    Raises:
        InputError: See :func:`read_weights`; or the tensors are not those of
            the described model.
    """
    description, weights = read_weights(path)
    try:
        return description, build_as_described(
            description.model, description.classes, weights
        )
    except InputError as error:
        raise InputError(
            f'{path} cannot be used ({error}): take the published file again, '
            'or write it with tools/convert_checkpoint.py.'
        ) from error


def _demand(condition: object, otherwise: str) -> None:
    if not condition:
        raise InputError(f'description of weights: {otherwise}')


def _is_number(value: object, least: float, most: float) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        # Also false of what is not finite, or too large for a float.
        and least <= value <= most
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f'{name} is not JSON')


def _require_size(path: Path) -> None:
    """The library itself refuses tensors beyond the file, or that overlap."""
    with open(path, 'rb') as file:
        header = int.from_bytes(file.read(8), 'little')
    if header > _LONGEST_HEADER or path.stat().st_size > _LARGEST:
        raise ValueError('larger than any of this project')


def _require_suffix(path: str | Path) -> None:
    if Path(path).suffix != '.safetensors':
        raise InputError(f'{path}: a weights file ends in .safetensors.')


def _require_finite(
    tensors: Mapping[str, torch.Tensor], path: str | Path
) -> None:
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            raise InputError(
                f'{name} in {path} is not finite in its precision: the '
                'training went wrong, or the file is damaged; take another '
                'checkpoint.'
            )
