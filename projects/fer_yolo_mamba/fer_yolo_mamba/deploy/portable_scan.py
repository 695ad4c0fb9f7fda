"""The omnidirectional scan in standard ONNX operators.

One ONNX ``Scan`` within another. The outer one takes a chunk of positions, as
many as a row of the map has pixels, in all directions: whatever does not wait
for the state is computed for the chunk at once, from tensors that stay in a
core's cache. The inner one takes a position a step: the states are one tensor,
and six operators lead from one to the next. Forms whose steps take several
positions were measured in onnxruntime and were slower, as they pass over the
states more often (docs/deploy.md has the figures). A step multiplies by
exp(Δ·A), which lies in [0, 1], so nothing can overflow.
"""

from onnx import FunctionProto, parser

from .scan_node import DOMAIN, OPERATOR, OPSET

# Letters of shapes: S images, L pixels, T positions of a chunk, K directions,
# D channels, N states, R columns of dt. Rows of pixels come first throughout.
_SCAN = f"""
<domain: "{DOMAIN}", opset_import: ["": {OPSET}, "{DOMAIN}": 1]>
{OPERATOR} (u, dt, A, B, C, D, dt_weight, dt_bias, visits) => (y)
{{
  S = Shape<start=0, end=1>(u)
  T = Shape<start=2, end=3>(u)
  D_ = Shape<start=3>(u)
  K = Shape<start=0, end=1>(dt_bias)
  R = Shape<start=4>(dt)
  N = Shape<start=1>(A)
  L = Shape<start=1>(visits)
  any = Constant<value_ints=[-1]>()
  zero = Constant<value_ints=[0]>()
  one = Constant<value_ints=[1]>()

  # Rows of pixels, (L, S, D), and of what steers a direction, (L * K, S, ...).
  SLD = Concat<axis=0>(S, any, D_)
  u_rows = Reshape(u, SLD)
  pixels = Transpose<perm=[1, 0, 2]>(u_rows)
  SXR = Concat<axis=0>(S, any, R)
  dt_rows = Reshape(dt, SXR)
  dt_first = Transpose<perm=[1, 0, 2]>(dt_rows)
  SXN1 = Concat<axis=0>(S, any, N, one)
  B_rows = Reshape(B, SXN1)
  B_first = Transpose<perm=[1, 0, 2, 3]>(B_rows)
  SX1N = Concat<axis=0>(S, any, one, N)
  C_rows = Reshape(C, SX1N)
  C_first = Transpose<perm=[1, 0, 2, 3]>(C_rows)

  # The bias of the steps as a column more of their projection.
  one_column = Constant<value_ints=[0, 0, 0, 0, 0, 1]>()
  ones = Constant<value_float=1.0>()
  low_rank = Pad(dt_first, one_column, ones)
  weight = Transpose<perm=[0, 2, 1]>(dt_weight)
  bias = Unsqueeze(dt_bias, one)
  projection = Concat<axis=1>(weight, bias)  # (K, R + 1, D)

  KDN = Concat<axis=0>(K, D_, N)
  A_rows = Reshape(A, KDN)
  A_turned = Transpose<perm=[0, 2, 1]>(A_rows)
  rates = Unsqueeze(A_turned, one)  # (K, 1, N, D)

  first = Squeeze(zero, zero)
  second = Squeeze(one, zero)
  count = Squeeze(K, zero)
  numbers = Range(first, count, second)
  directions = Unsqueeze(numbers, one)  # (K, 1)
  KXT = Concat<axis=0>(K, any, T)
  visits_chunks = Reshape(visits, KXT)
  chunks = Transpose<perm=[1, 0, 2]>(visits_chunks)  # (L / T, K, T)
  # Not within: onnxruntime 1.32 crashes when a tensor that a Scan takes from
  # around it comes, through its layout alone, from a DequantizeLinear.
  chunk_pixels = Gather<axis=0>(pixels, chunks)
  R1 = Add(R, one)
  KXR1 = Concat<axis=0>(K, any, R1)
  KTS1D = Concat<axis=0>(K, T, S, one, D_)
  KSND = Concat<axis=0>(K, S, N, D_)
  start = ConstantOfShape<value = float[1] {{0}}>(KSND)
  last, outputs = Scan<num_scan_inputs=2, body = chunk (
      float[K, S, N, D] h, int64[K, T] visited, float[K, T, S, D] u_at
    ) => (float[K, S, N, D] h_last, float[T, K, S, 1, D] chunk_outputs) {{
      first_rows = Mul(visited, K)
      at = Add(first_rows, directions)
      dt_at = Gather<axis=0>(low_rank, at)
      dt_flat = Reshape(dt_at, KXR1)
      x = MatMul(dt_flat, projection)
      flat_steps = {DOMAIN}.ExactSoftplus(x)
      steps = Reshape(flat_steps, KTS1D)
      us = Reshape(u_at, KTS1D)
      inflows = Mul(steps, us)  # (K, T, S, 1, D)
      turned = Transpose<perm=[1, 0]>(at)
      Bs = Gather<axis=0>(B_first, turned)
      Cs = Gather<axis=0>(C_first, turned)
      h_last, chunk_outputs = Scan<num_scan_inputs=4,
        scan_input_axes=[1, 1, 0, 0], body = position (
          float[K, S, N, D] h, float[K, S, 1, D] step,
          float[K, S, 1, D] inflow, float[K, S, N, 1] b, float[K, S, 1, N] c
        ) => (float[K, S, N, D] h_next, float[K, S, 1, D] output) {{
          exponent = Mul(step, rates)
          decay = Exp(exponent)
          kept = Mul(decay, h)
          added = Mul(b, inflow)
          h_next = Add(kept, added)
          output = MatMul(c, h_next)
        }}>(h, steps, inflows, Bs, Cs)
    }}>(start, chunks, chunk_pixels)

  # Which rows of the outputs belong to each pixel, (L, K).
  length = Squeeze(L, zero)
  positions = Range(first, length, second)
  places_shape = Concat<axis=0>(K, L)
  places = Expand(positions, places_shape)
  inverse = ScatterElements<axis=1>(places, visits, places)
  inverse_rows = Mul(inverse, K)
  output_rows = Add(inverse_rows, directions)
  back = Transpose<perm=[1, 0]>(output_rows)
  XSD = Concat<axis=0>(any, S, D_)
  flat_outputs = Reshape(outputs, XSD)
  of_directions = Gather<axis=0>(flat_outputs, back)  # (L, K, S, D)
  scanned = ReduceSum<keepdims=0>(of_directions, one)

  KD = Concat<axis=0>(K, D_)
  D_rows = Reshape(D, KD)
  D_sum = ReduceSum<keepdims=0>(D_rows, zero)
  direct = Mul(pixels, D_sum)
  total = Add(scanned, direct)
  images_first = Transpose<perm=[1, 0, 2]>(total)
  u_shape = Shape(u)
  y = Reshape(images_first, u_shape)
}}
"""

# ONNX's Softplus takes onnxruntime some hundred times as long as a product.
# With s = e^-|x| / (2 + e^-|x|) = (1/2) / (1/2 + e^|x|) in [0, 1/3],
#   softplus(x) = max(x, 0) + log(1 + e^-|x|),
#   log(1 + e^-|x|) = 2 artanh(s),
# and artanh(s) / s is a function of s² that a rational one meets within 1.4e-8
# of its value there (fitted to the least greatest relative error). s is scaled
# so that one of its coefficients is 1.
_SOFTPLUS = f"""
<domain: "{DOMAIN}", opset_import: ["": {OPSET}]>
ExactSoftplus (x) => (y)
{{
  half = Constant<value_float=0.5>()
  scale = Constant<value_float=0.24334793>()
  c0 = Constant<value_float=2.546415>()
  c1 = Constant<value_float=0.5107313>()
  c2 = Constant<value_float=0.32677862>()
  size = Abs(x)
  e = Exp(size)
  below_s = Add(e, half)
  s = Div(scale, below_s)
  q = Mul(s, s)
  below = Sub(c2, q)
  fraction = Div(c1, below)
  straight = Add(q, c0)
  ratio = Add(straight, fraction)
  logarithm = Mul(s, ratio)
  positive = Relu(x)
  y = Add(positive, logarithm)
}}
"""


def scan_functions() -> list[FunctionProto]:
    """What ``fer_yolo_mamba.OmniScan`` is, as functions for an ONNX model.

    All shapes are found in the graph: they serve every scan.
    """
    return [parser.parse_function(text) for text in (_SCAN, _SOFTPLUS)]
