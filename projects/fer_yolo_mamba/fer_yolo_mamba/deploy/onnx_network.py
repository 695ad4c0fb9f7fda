"""A network that onnxruntime runs, from one file that describes itself."""

import os
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..engine.description import (
    METADATA_KEY,
    Description,
    InputSide,
    Shift,
)
from ..errors import InputError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# Of the operator that native models have for their scans.
_DOMAIN = 'fer_yolo_mamba'
_FATAL = 4


class OnnxNetwork:
    """A network of ``fer-yolo-mamba export``, on the CPU.

    >>> network = OnnxNetwork('faces.onnx')
    >>> boxes, scores = network(batch)

    Neither torch nor an OpenMMLab library is imported. It has as many threads
    as ``OMP_NUM_THREADS`` says, or the processor cores.

    Args:
        path: The model, which describes itself.

    Attributes:
        classes: Names of the expressions in the order of the scores.
        input: How a photograph becomes the network's input.
        sizes: Fractions of the input side in which a photograph is looked at.
        score_thr: Least score of a face, in [0, 1].
        temperature: Divides the logit of every score, after
        shift: was added to it, one for all classes or one for each. The
            network itself does neither.

    Raises:
        InputError: The file is missing, damaged or of another kind, or
            onnxruntime is not installed.
    """

    def __init__(self, path: str | PathLike) -> None:
        self._path = Path(path)
        self._session = _open(self._path)
        described = _describe(self._session, self._path)
        self.classes: tuple[str, ...] = described.classes
        self.input: InputSide = described.input
        self.sizes: tuple[float, ...] = described.sizes
        self.score_thr: float = described.score_thr
        self.temperature: float = described.temperature
        self.shift: Shift = described.shift

    def __reduce__(self) -> tuple:
        # Another process opens the file again.
        return OnnxNetwork, (self._path.absolute(),)

    def __call__(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Runs the network.

        Args:
            batch: (B, 3, H, W) float32, normalised and padded as `input`
                says. H and W are multiples of 32, and those of the model if
                it was exported for one size.

        Returns:
            Boxes (B, A, 4), x1 y1 x2 y2 in pixels of the batch's pictures,
            and scores (B, A, number of classes) in [0, 1]; float32. Nothing
            is suppressed, sorted or calibrated.

        Raises:
            InputError: The batch is another, the model was exported for
                another size, memory is short, or what it gives are no boxes
                and scores.
        """
        _require_pictures(batch)
        (images,) = self._session.get_inputs()
        most, _, *sides = images.shape
        if any(
            type(wanted) is int and wanted != side
            for wanted, side in zip(sides, batch.shape[2:], strict=True)
        ):
            raise InputError(
                f'{self._path} takes pictures of {sides[0]}x{sides[1]} pixels, '
                f'not of {batch.shape[2]}x{batch.shape[3]}: export it with '
                '--dynamic-size.'
            )
        if type(most) is not int or len(batch) == most:
            return self._run({images.name: batch}, len(batch))
        parts = [self(one[None]) for one in batch]
        boxes, scores = zip(*parts, strict=True)
        return np.concatenate(boxes), np.concatenate(scores)

    def _run(
        self, inputs: dict[str, np.ndarray], count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        try:
            boxes, scores = self._session.run(None, inputs)
        # onnxruntime's own exceptions have no common class.
        except Exception as error:
            (reason, *_) = str(error).splitlines() or ['']
            raise InputError(
                f'{self._path} cannot be run ({reason}): look at fewer or '
                'smaller pictures at once where memory is short, or else '
                'export it again.'
            ) from error
        if not _are_whole(boxes, scores, count, len(self.classes)):
            raise InputError(
                f'{self._path} gives no boxes and scores of its '
                f'{len(self.classes)} classes: export it again.'
            )
        return boxes, scores


def _require_pictures(batch: np.ndarray) -> None:
    if not isinstance(batch, np.ndarray):
        raise InputError(
            f'the batch is of type {type(batch).__name__}: give an array of '
            'NumPy.'
        )
    if not (
        batch.dtype == np.float32
        and batch.ndim == 4
        and len(batch)
        and batch.shape[1] == 3
        and all(batch.shape[2:])
    ):
        raise InputError(
            f'the batch has the shape {batch.shape} and is {batch.dtype}: '
            'give one or more pictures, (B, 3, H, W) of float32.'
        )


def _are_whole(boxes: object, scores: object, count: int, classes: int) -> bool:
    return (
        all(
            isinstance(found, np.ndarray)
            and found.dtype.kind == 'f'
            and found.ndim == 3
            # Boxes of nothing may be as large as floats can be. Weights that
            # are not finite come to light here.
            and not np.isnan(found).any()
            for found in (boxes, scores)
        )
        and boxes.shape == (count, boxes.shape[1], 4)
        and scores.shape == (count, boxes.shape[1], classes)
    )


def _open(path: Path) -> 'InferenceSession':
    if not path.is_file():
        raise InputError(
            f'{path} does not exist: write a model with fer-yolo-mamba export.'
        )
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(
            f'{path} needs onnxruntime ({error}): pip install '
            "'fer-yolo-mamba[export]'."
        ) from error
    options = onnxruntime.SessionOptions()
    # A scan is a chain of many small steps: threads that wait for their share
    # by spinning gain little and take the core from those that work.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    options.intra_op_num_threads = _threads()
    # Its errors are told below, in one sentence.
    options.log_severity_level = _FATAL
    # onnxruntime's own exceptions have no common class.
    with suppress(Exception):
        # None is built, or from older sources: portable models need none.
        options.register_custom_ops_library(_kernel())
    try:
        return onnxruntime.InferenceSession(
            path,
            options,
            providers=['CPUExecutionProvider'],
            enable_fallback=0,  # which is the same again, and prints
        )
    except Exception as error:
        if _DOMAIN in str(error):
            raise InputError(
                f'{path} needs the C++ scan, which is not built here or from '
                'older sources: export it with --scan portable, or run `pip '
                'install --force-reinstall --no-deps SOURCES` with the folder '
                'of the sources (`pip install -e .` in a checkout) and a C++17 '
                'compiler installed.'
            ) from error
        raise _damaged(path) from error


def _threads() -> int:
    """Those that PyTorch would take, or 0: onnxruntime decides.

    It does not look at the variable, by which Ray and people say it.
    """
    (outermost, *_) = os.environ.get('OMP_NUM_THREADS', '').split(',')
    return int(outermost) if outermost.strip().isdecimal() else 0


def _damaged(path: Path) -> InputError:
    return InputError(
        f'{path} is damaged, cut short or no ONNX model for this onnxruntime: '
        'copy or export it again.'
    )


def _kernel() -> str:
    """The library with the operator of native models, see ops/cpu.py."""
    return str(Path(__file__).parents[1] / 'ops' / '_omni_scan.so')


def _describe(session: 'InferenceSession', path: Path) -> Description:
    try:
        text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        shapes = [value.shape for value in session.get_inputs()]
        outputs = [value.name for value in session.get_outputs()]
    except UnicodeDecodeError as error:
        raise _damaged(path) from error
    if text is None:
        raise InputError(
            f'{path} does not say what network it is: write a model with '
            'fer-yolo-mamba export.'
        )
    try:
        described = Description.from_json(text)
    except InputError as error:
        raise InputError(
            f'{path} cannot be used ({error}): export it again.'
        ) from error
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise InputError(
            f'{path} does not take one batch of pictures: export it again.'
        )
    if outputs != ['boxes', 'scores']:
        raise InputError(
            f'{path} gives finished faces, which are not merged any further: '
            'export it without --nms.'
        )
    return described
