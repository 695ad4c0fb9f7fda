"""The omnidirectional scan in standard ONNX operators.

An ONNX ``Scan`` takes a step of all directions at once: the states of a
position are one tensor, and six operators lead from one to the next. Forms
that take several positions together were measured in onnxruntime and were
slower: states of a single position stay in a core's cache, and every other
form passes over them more often (docs/deploy.md has the figures). A step
multiplies by exp(Δ·A), which lies in [0, 1], so nothing can overflow.
"""

from onnx import FunctionProto, parser

from .scan_node import DOMAIN, OPERATOR, OPSET

# Letters of shapes: S images, L pixels, K directions, D channels, N states,
# R columns of dt. Rows of pixels come first throughout.
_SCAN = f"""
<domain: "{DOMAIN}", opset_import: ["": {OPSET}, "{DOMAIN}": 1]>
{OPERATOR} (u, dt, A, B, C, D, dt_weight, dt_bias, visits) => (y)
{{
  S = Shape<start=0, end=1>(u)
  D_ = Shape<start=3>(u)
  K = Shape<start=0, end=1>(dt_bias)
  R = Shape<start=4>(dt)
  N = Shape<start=1>(A)
  L = Shape<start=1>(visits)
  any = Constant<value_ints=[-1]>()
  zero = Constant<value_ints=[0]>()
  one = Constant<value_ints=[1]>()

  SLD = Concat<axis=0>(S, any, D_)
  u_rows = Reshape(u, SLD)
  pixels = Transpose<perm=[1, 0, 2]>(u_rows)  # (L, S, D)
  XD = Concat<axis=0>(any, D_)
  flat_pixels = Reshape(pixels, XD)  # (L * S, D)

  # Steps and inflows, (K, L * S, D), then rows (K * L, S, 1, D).
  SLKR = Concat<axis=0>(S, any, K, R)
  dt_rows = Reshape(dt, SLKR)
  dt_first = Transpose<perm=[2, 1, 0, 3]>(dt_rows)
  KXR = Concat<axis=0>(K, any, R)
  low_rank = Reshape(dt_first, KXR)
  weight = Transpose<perm=[0, 2, 1]>(dt_weight)
  projected = MatMul(low_rank, weight)
  bias = Unsqueeze(dt_bias, one)
  x = Add(projected, bias)
  step = {DOMAIN}.ExactSoftplus(x)
  inflow = Mul(step, flat_pixels)
  XS1D = Concat<axis=0>(any, S, one, D_)
  step_rows = Reshape(step, XS1D)
  inflow_rows = Reshape(inflow, XS1D)

  # (K * L, S, N, 1) and (K * L, S, 1, N)
  SLKN = Concat<axis=0>(S, any, K, N)
  B_map = Reshape(B, SLKN)
  B_first = Transpose<perm=[2, 1, 0, 3]>(B_map)
  XSN1 = Concat<axis=0>(any, S, N, one)
  B_rows = Reshape(B_first, XSN1)
  C_map = Reshape(C, SLKN)
  C_first = Transpose<perm=[2, 1, 0, 3]>(C_map)
  XS1N = Concat<axis=0>(any, S, one, N)
  C_rows = Reshape(C_first, XS1N)

  KDN = Concat<axis=0>(K, D_, N)
  A_rows = Reshape(A, KDN)
  A_turned = Transpose<perm=[0, 2, 1]>(A_rows)
  rates = Unsqueeze(A_turned, one)  # (K, 1, N, D)

  # Which rows each position visits, (L, K).
  none = Squeeze(zero, zero)
  length = Squeeze(L, zero)
  KL = Mul(K, L)
  end = Squeeze(KL, zero)
  firsts = Range(none, end, length)
  firsts_column = Unsqueeze(firsts, one)
  visited_rows = Add(visits, firsts_column)
  at = Transpose<perm=[1, 0]>(visited_rows)
  steps = Gather<axis=0>(step_rows, at)
  inflows = Gather<axis=0>(inflow_rows, at)
  Bs = Gather<axis=0>(B_rows, at)
  Cs = Gather<axis=0>(C_rows, at)

  KSND = Concat<axis=0>(K, S, N, D_)
  start = ConstantOfShape<value = float[1] {{0}}>(KSND)
  last, outputs = Scan<num_scan_inputs=4, body = position (
      float[K, S, N, D] h, float[K, S, 1, D] step_, float[K, S, 1, D] inflow_,
      float[K, S, N, 1] b, float[K, S, 1, N] c
    ) => (float[K, S, N, D] h_next, float[K, S, 1, D] output) {{
      exponent = Mul(step_, rates)
      decay = Exp(exponent)
      kept = Mul(decay, h)
      added = Mul(b, inflow_)
      h_next = Add(kept, added)
      output = MatMul(c, h_next)
    }}>(start, steps, inflows, Bs, Cs)

  # Which rows of the outputs belong to each pixel, (L, K).
  step_one = Squeeze(one, zero)
  positions = Range(none, length, step_one)
  places_shape = Concat<axis=0>(K, L)
  places = Expand(positions, places_shape)
  inverse = ScatterElements<axis=1>(places, visits, places)
  inverse_rows = Mul(inverse, K)
  count = Squeeze(K, zero)
  numbers = Range(none, count, step_one)
  numbers_column = Unsqueeze(numbers, one)
  output_rows = Add(inverse_rows, numbers_column)
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

# ONNX's Softplus takes onnxruntime 45 ns a number, a hundred times as long as
# a product. With z = exp(-|x|) and s = z / (2 + z) in [0, 1/3],
#   softplus(x) = max(x, 0) + log(1 + z),  log(1 + z) = 2 artanh(s),
# and artanh(s) / s is a function of s² that this rational one meets within
# 1.4e-8 of its value there (fitted to the least greatest relative error).
_SOFTPLUS = f"""
<domain: "{DOMAIN}", opset_import: ["": {OPSET}]>
ExactSoftplus (x) => (y)
{{
  two = Constant<value_float=2.0>()
  c0 = Constant<value_float=1.23932962>()
  c1 = Constant<value_float=0.11528503>()
  c2 = Constant<value_float=1.04938497>()
  c3 = Constant<value_float=1.37955287>()
  size = Abs(x)
  negative = Neg(size)
  z = Exp(negative)
  two_and_z = Add(two, z)
  s = Div(z, two_and_z)
  q = Mul(s, s)
  below = Sub(c3, q)
  fraction = Div(c2, below)
  slope = Mul(c1, q)
  curved = Add(slope, fraction)
  ratio = Add(c0, curved)
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
