// Backward of the layers around a scan. What is cheap is computed again: only
// their inputs are kept.
#pragma once
#include "map_layers.h"

namespace {

inline Vec<float> sigmoid(Vec<float> x) {
  return 1.f / (exp2_product<float>(x, splat<float>(-kLog2E)) + 1.f);
}

// Derivative of SiLU, s + x s (1 - s). Where x is -inf, s is 0 and so is this.
inline Vec<float> silu_slope(Vec<float> x) {
  const Vec<float> s = sigmoid(x);
  const Vec<float> slope = s + x * s * (1.f - s);
  return s == 0.f ? s : slope;
}

inline void add_to(float *sum, Vec<float> v, int count) {
  store(sum, load(sum, count) + v, count);
}

// One row of pixels: grad_inner, the gradient of what SiLU was given, and what
// the row adds to the gradients of the weights, (9, channels), and the bias,
// the tenth row of `sums`.
inline void depthwise_silu_backward(const MapLayer &m, int64_t row,
                                    float *sums) {
  const int64_t line = row % m.height;
  for (int64_t c = 0; c < m.channels; c += kLanes<float>) {
    const int count = lanes_from(c, m.channels);
    Vec<float> weight[9], grad_weight[9]{}, grad_bias{};
    for (int i = 0; i < 9; ++i)
      weight[i] = load(m.weight + i * m.channels + c, count);
    const Vec<float> bias = load(m.bias + c, count);
    for (int64_t column = 0; column < m.width; ++column) {
      Vec<float> x[9], inner = bias;
#pragma GCC unroll 9
      for (int i = 0; i < 9; ++i) {
        const int64_t dy = i / 3 - 1, at = column + i % 3 - 1;
        const bool inside = line + dy >= 0 && line + dy < m.height && at >= 0 &&
                            at < m.width;
        x[i] = inside ? load(m.x + ((row + dy) * m.width + at) * m.x_pixel + c,
                             count)
                      : Vec<float>{};
        inner += x[i] * weight[i];
      }
      const int64_t pixel = (row * m.width + column) * m.channels + c;
      const Vec<float> grad =
          load(m.grad + pixel, count) * silu_slope(inner);
      store(m.grad_inner + pixel, grad, count);
      grad_bias += grad;
#pragma GCC unroll 9
      for (int i = 0; i < 9; ++i) grad_weight[i] += grad * x[i];
    }
    for (int i = 0; i < 9; ++i)
      add_to(sums + i * m.channels + c, grad_weight[i], count);
    add_to(sums + 9 * m.channels + c, grad_bias, count);
  }
}

// One row of pixels: `out`, the gradient of x, as a convolution of grad_inner
// with the weights turned by half a circle.
inline void depthwise_input_gradient(const MapLayer &m, int64_t row, float *) {
  convolve<false>(m, row, m.grad_inner, m.channels, m.out);
}

// One row of pixels: `out`, the gradient of x; grad_inner, that of the gate if
// there is one; and what the row adds to those of the weights and, below them
// in `sums`, of the biases.
inline void gated_norm_backward(const MapLayer &m, int64_t row, float *sums) {
  constexpr int lanes = kLanes<float>;
  for (int64_t p = row * m.width; p < (row + 1) * m.width; ++p) {
    const float *x = m.x + p * m.x_pixel, *grad = m.grad + p * m.channels;
    float *out = m.out + p * m.channels;
    const Statistics of = statistics(m, x);
    // Sums over the channels of the normalised values' gradient, and of its
    // product with them.
    Vec<float> sum{}, product{};
    for (int64_t c = 0; c < m.channels; c += lanes) {
      const int count = lanes_from(c, m.channels);
      Vec<float> v = (load(x + c, count) - of.mean) * of.scale;
      Vec<float> g = load(grad + c, count);
      const Vec<float> weight = load(m.weight + c, count);
      if (m.gate) {
        const Vec<float> gate = load(m.gate + p * m.gate_pixel + c, count);
        store(m.grad_inner + p * m.channels + c,
              g * (v * weight + load(m.bias + c, count)) * silu_slope(gate),
              count);
        g *= silu(gate);
      }
      add_to(sums + c, g * v, count);
      add_to(sums + m.channels + c, g, count);
      g *= weight;
      store(out + c, g, count);
      // Lanes beyond the last channel: g is 0 there.
      sum += g;
      product += g * v;
    }
    const float mean = sum_of_lanes(sum) / m.channels;
    const float slope = sum_of_lanes(product) / m.channels;
    for (int64_t c = 0; c < m.channels; c += lanes) {
      const int count = lanes_from(c, m.channels);
      const Vec<float> v = (load(x + c, count) - of.mean) * of.scale;
      store(out + c, (load(out + c, count) - mean - v * slope) * of.scale,
            count);
    }
  }
}

}  // namespace
