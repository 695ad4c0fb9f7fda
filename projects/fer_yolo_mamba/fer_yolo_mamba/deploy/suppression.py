"""Finished faces inside of an ONNX model: calibration, threshold, suppression.

For places where nothing can be programmed around the model. A face has the
scores of its own box; ``FERDetector`` also looks at the boxes around it, and
at the photograph in several sizes.
"""

import numpy as np
from onnx import FunctionProto, ModelProto, TensorProto, helper, parser

from ..engine.description import Description
from ..faces import SAME_FACE_IOU
from .scan_node import DOMAIN, OPSET

_MOST_FACES = 300


def add_suppression(model: ModelProto, description: Description) -> None:
    """Lets a model give faces instead of everything that it sees.

    Its outputs become ``boxes`` (F, 4) and calibrated ``scores``
    (F, classes) of the F faces of all images whose best score is above the
    description's `score_thr`, image by image by falling score and at most 300
    of each, and ``image_index`` (F,), which says whose they are.

    Args:
        model: With the outputs ``boxes`` and ``scores``; it is changed, and
            names a function that is to be inlined.
        description: Its numbers are built in.
    """
    outputs = [value.name for value in model.graph.output]
    every = [f'every_{name}' for name in outputs]
    for node in model.graph.node:
        for index, name in enumerate(node.output):
            if name in outputs:
                node.output[index] = f'every_{name}'
        for index, name in enumerate(node.input):
            if name in outputs:
                node.input[index] = f'every_{name}'
    model.functions.append(_faces_of(description))
    found = dict(
        boxes=(TensorProto.FLOAT, ['faces', 4]),
        scores=(TensorProto.FLOAT, ['faces', len(description.classes)]),
        image_index=(TensorProto.INT64, ['faces']),
    )
    model.graph.node.append(
        helper.make_node('Faces', every, list(found), domain=DOMAIN)
    )
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, *kind)
        for name, kind in found.items()
    )


def _faces_of(description: Description) -> FunctionProto:
    # One, or one for each class: the last axis of the scores.
    shifts = ', '.join(f'{x:.9f}' for x in np.atleast_1d(description.shift))
    return parser.parse_function(f"""
<domain: "{DOMAIN}", opset_import: ["": {OPSET}]>
Faces (every_box, every_score) => (boxes, scores, image_index)
{{
  least = Constant<value_float=1e-6>()
  most = Constant<value_float=0.999999>()
  certain = Clip(every_score, least, most)
  unit = Constant<value_float=1.0>()
  otherwise = Sub(unit, certain)
  odds = Div(certain, otherwise)
  logit = Log(odds)
  shift = Constant<value_floats=[{shifts}]>()
  shifted = Add(logit, shift)
  temperature = Constant<value_float={description.temperature:.9f}>()
  calibrated_logit = Div(shifted, temperature)
  calibrated = Sigmoid(calibrated_logit)
  of_classes = Constant<value_ints=[-1]>()
  best = ReduceMax<keepdims=1>(calibrated, of_classes)
  of_one_class = Transpose<perm=[0, 2, 1]>(best)
  most_faces = Constant<value_ints=[{_MOST_FACES}]>()
  same_face = Constant<value_floats=[{SAME_FACE_IOU}]>()
  least_score = Constant<value_floats=[{description.score_thr:.9f}]>()
  kept = NonMaxSuppression(
    every_box, of_one_class, most_faces, same_face, least_score)
  image_and_box = Constant<value_ints=[0, 2]>()
  places = Gather<axis=1>(kept, image_and_box)
  boxes = GatherND(every_box, places)
  scores = GatherND(calibrated, places)
  first = Constant<value_int=0>()
  image_index = Gather<axis=1>(kept, first)
}}
""")
