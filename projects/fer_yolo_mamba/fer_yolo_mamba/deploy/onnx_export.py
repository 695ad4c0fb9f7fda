"""From a detector to an ONNX model that describes itself.

PyTorch's exporter traces the detector, with one node for each scan. The nodes
are then told which pixels they visit, and take their form: standard operators,
or themselves, for a runtime that has a kernel for them.
"""

import contextlib
import dataclasses
import logging
import warnings
from collections.abc import Iterable, Iterator

import numpy as np
import onnx
import onnx.inliner
import torch
import torch.nn as nn
from onnx import ModelProto, helper
from torch.export import Dim

from ..engine.checkpoints import fuse_for_inference
from ..engine.description import METADATA_KEY, Description
from ..errors import InputError
from .dense_detector import DenseDetector
from .export_options import ExportOptions, ScanForm
from .portable_scan import scan_functions
from .quantization import quantize
from .scan_node import OPSET, add_visits, scans_as_nodes
from .suppression import add_suppression

_STRIDE = 32
_MOST_STRIDES = 128


def export_onnx(
    detector: nn.Module,
    description: Description,
    options: ExportOptions | None = None,
    calibration: Iterable[np.ndarray] | None = None,
) -> ModelProto:
    """Exports a detector.

    The model takes ``images`` (B, 3, H, W), float32, normalised and padded as
    the description's `input` says, and gives ``boxes`` (B, A, 4), x1 y1 x2 y2
    in pixels of the images, and ``scores`` (B, A, classes), not calibrated.
    Its metadata hold the description as JSON. A model for squares of a single
    side looks at a photograph in that size alone, whatever the description's
    `sizes` were.

    Args:
        detector: It is fused for inference.
        description: What the model is to say of itself.
        options: What it is to be able to do; nothing more by default.
        calibration: Where convolutions and linear layers are to compute in 8
            bits, pictures of faces by which they are quantised, as the model
            takes them: see :mod:`.quantization`. Otherwise it computes in
            float32 throughout.

    Raises:
        InputError: This detector cannot be exported, or not for any size.
    """
    options = options or ExportOptions()
    if not options.dynamic_size:
        description = dataclasses.replace(description, sizes=(1.0,))
    dense = DenseDetector(fuse_for_inference(detector.eval()))
    with scans_as_nodes(dense):
        model = _trace(dense, description.input.side, options)
    _forget_where_it_was_made(model)
    add_visits(model)
    scans = scan_functions()
    model.functions.extend(scans)
    if calibration is not None:
        # While onnxruntime runs the scans without a kernel.
        model = quantize(model, calibration)
    if options.scan is ScanForm.NATIVE:
        for scan in scans:
            model.functions.remove(scan)
    if options.nms:
        add_suppression(model, description)
    model = onnx.inliner.inline_local_functions(model)
    _import_what_is_used(model)
    helper.set_model_props(model, {METADATA_KEY: description.to_json()})
    onnx.checker.check_model(model)
    return model


def _trace(dense: nn.Module, side: int, options: ExportOptions) -> ModelProto:
    # PyTorch takes a single picture, or two sides that are equal, for a rule.
    example = torch.zeros(1 + options.dynamic_batch, 3, side, side)
    dims = {0: Dim('batch')} if options.dynamic_batch else {}
    if options.dynamic_size:
        example = torch.zeros(len(example), 3, side, side + _STRIDE)
        dims[2], dims[3] = (
            _STRIDE * Dim(name, min=1, max=_MOST_STRIDES)
            for name in ('rows', 'columns')
        )
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                dense,
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=['images'],
                output_names=['boxes', 'scores'],
                dynamic_shapes=dict(images=dims),
                verbose=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        remedy = (
            'export it without --dynamic-batch and --dynamic-size.'
            if dims
            else 'PyTorch has no ONNX form of what it computes.'
        )
        raise InputError(
            'this detector cannot be traced with these options '
            f'({_first_line(error)}): {remedy}'
        ) from error
    return program.model_proto


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Inside, nobody hears the exporter on what it misses and deprecates."""
    logger = logging.getLogger('torch.onnx')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logger.setLevel(level)


def _first_line(error: Exception) -> str:
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]


def _forget_where_it_was_made(model: ModelProto) -> None:
    """Removes the exporter's notes, which hold lines and paths of programs."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ''
    for value in (*graph.input, *graph.output):
        del value.metadata_props[:]


def _import_what_is_used(model: ModelProto) -> None:
    used = {node.domain for node in model.graph.node}
    kept = [x for x in model.opset_import if x.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
