"""What a weights file says of itself, as plain data.

Reading it takes neither torch nor an OpenMMLab library, so that a network in
another runtime is described in the same words.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from ..errors import InputError
from .model_data import model_data

if TYPE_CHECKING:
    from mmengine.config import Config

#: Where in the metadata of a weights file or an ONNX model it is.
METADATA_KEY = 'fer_yolo_mamba'

#: Of logits: one number for all classes, or one for each, in their order. As
#: NumPy broadcasts it, it is added to the logits of scores (..., C).
Shift = float | tuple[float, ...]

_LONGEST_DESCRIPTION = 1_000_000  # characters


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
    def of(cls, config: 'Config') -> 'InputSide':
        """That of a config's test pipeline and data preprocessor.

        Raises:
            InputError: The pipeline follows another rule.
        """
        # Imported here, as it needs mmengine.
        from .config import TestPipeline

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
        shift: Of the logits: one number, or one for each class in the order
            of `classes`, where the training's prior is not the one of faces
            as they occur.
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
    shift: Shift = 0.0
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
        if isinstance(self.shift, list):
            object.__setattr__(self, 'shift', tuple(self.shift))
        _demand(
            _is_shift(self.shift)
            or (
                isinstance(self.shift, tuple)
                and len(self.shift) == len(self.classes)
                and all(map(_is_shift, self.shift))
            ),
            'shift is neither one number from -20 to 20 nor a list of '
            f'{len(self.classes)}, one for each class',
        )
        _demand(
            type(self.version) is str and self.version.isprintable(),
            'version is no text',
        )
        _demand(isinstance(self.figures, dict), 'figures are no object')
        object.__setattr__(self, 'model', model_data(self.model))

    @classmethod
    def of(cls, config: 'Config', **others) -> 'Description':
        """Of a config's detector; ``others`` are further attributes.

        Raises:
            InputError: A type of the model is not one of those that weights
                files may name; see also :meth:`InputSide.of`.
        """
        return cls(
            model=bare_model(config), input=InputSide.of(config), **others
        )

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


def shift_in_words(shift: Shift, classes: Sequence[str], form: str) -> str:
    """The number, or each class with its own.

    >>> shift_in_words((0.5, -1.0), ('Happy', 'Sad'), '.1f')
    'Happy 0.5, Sad -1.0'

    Args:
        shift: Of the logits.
        classes: Names of the classes.
        form: How to write a number, as :func:`format` takes it.
    """
    if not isinstance(shift, tuple):
        return format(shift, form)
    return ', '.join(
        f'{name} {of_class:{form}}'
        for name, of_class in zip(classes, shift, strict=True)
    )


def bare_model(config: 'Config') -> dict:
    """A config's detector without what `InputSide` says: its preprocessor."""
    return {
        key: value
        for key, value in config.model.to_dict().items()
        if key != 'data_preprocessor'
    }


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


def _is_shift(value: object) -> bool:
    return _is_number(value, -20, 20)


def _refuse_constant(name: str) -> None:
    raise ValueError(f'{name} is not JSON')
