// What stands around a scan: a depthwise convolution with its
// SiLU, and a layer norm with its gate, each in one pass over a map.
#pragma once
#include "omni_scan.h"
#include "vector_math.h"

namespace {

// x / (1 + e^-x)
inline Vec<float> silu(Vec<float> x) {
  return x / (exp2_product<float>(x, splat<float>(-kLog2E)) + 1.f);
}

// Pixels ahead that are asked for, as maps seldom fit the second-level cache and
// those with the channels of another map between them are not foreseen. Beyond
// the end of a map nothing is read.
constexpr int64_t kAhead = 2;

inline int lanes_from(int64_t channel, int64_t channels) {
  const int64_t left = channels - channel;
  return left < kLanes<float> ? (int)left : kLanes<float>;
}

// Calls f(c, count) for each vector of channels: its first one, and how many
// there are. The last vector may have fewer than lanes; of all others the
// compiler knows that they are whole, and keeps them in registers.
template <class F>
__attribute__((always_inline)) inline void for_vectors(int64_t channels, F f) {
  int64_t c = 0;
  for (; c + kLanes<float> <= channels; c += kLanes<float>)
    f(c, kLanes<float>);
  if (c < channels) f(c, (int)(channels - c));
}

// One row of pixels of out = x convolved with 3x3 weights; with `activate` SiLU
// of that and the bias.
template <bool activate>
inline void convolve(const MapLayer &m, int64_t row, const float *map,
                     int64_t stride, float *result) {
  for (int64_t column = 0; column < m.width; ++column) {
    prefetch(map + ((row + 1) * m.width + column + kAhead) * stride, m.channels);
    // The taps that fall into the map, first of all channels.
    const float *x[9], *weight[9];
    int taps = 0;
    for (int i = 0; i < 9; ++i) {
      const int64_t dy = i / 3 - 1, at = column + i % 3 - 1;
      const int64_t line = row % m.height + dy;
      if (line < 0 || line >= m.height || at < 0 || at >= m.width) continue;
      x[taps] = map + ((row + dy) * m.width + at) * stride;
      weight[taps++] = m.weight + i * m.channels;
    }
    float *out = result + (row * m.width + column) * m.channels;
    const auto convolve_pixel = [&](const int taps) {
      for_vectors(m.channels, [&](int64_t c, int count) {
        Vec<float> sum{};
        if (activate) sum = load(m.bias + c, count);
#pragma GCC unroll 9
        for (int i = 0; i < taps; ++i)
          sum += load(x[i] + c, count) * load(weight[i] + c, count);
        store(out + c, activate ? silu(sum) : sum, count);
      });
    };
    if (taps == 9)
      convolve_pixel(9);  // a constant: the loop is unrolled
    else
      convolve_pixel(taps);
  }
}

inline void depthwise_silu(const MapLayer &m, int64_t row, float *) {
  convolve<true>(m, row, m.x, m.x_pixel, m.out);
}

inline float sum_of_lanes(Vec<float> v) {
  float sum = 0;
  for (int i = 0; i < kLanes<float>; ++i) sum += v[i];
  return sum;
}

// Of a pixel's channels: the mean, and one over the standard deviation.
struct Statistics {
  float mean, scale;
};

inline Statistics statistics(const MapLayer &m, const float *x) {
  Vec<float> sum{}, squares{};
  for_vectors(m.channels,
              [&](int64_t c, int count) { sum += load(x + c, count); });
  const float mean = sum_of_lanes(sum) / m.channels;
  for_vectors(m.channels, [&](int64_t c, int count) {
    Vec<float> v = load(x + c, count) - mean;
    for (int i = count; i < kLanes<float>; ++i) v[i] = 0;
    squares += v * v;
  });
  const float variance = sum_of_lanes(squares) / m.channels;
  return {mean, 1 / __builtin_sqrtf(variance + m.epsilon)};
}

// One row of pixels of out = layer norm of x, times SiLU(gate) if there is one.
inline void gated_norm(const MapLayer &m, int64_t row, float *) {
  for (int64_t p = row * m.width; p < (row + 1) * m.width; ++p) {
    const float *x = m.x + p * m.x_pixel, *gate = m.gate + p * m.gate_pixel;
    prefetch(x + kAhead * m.x_pixel, m.channels);
    if (m.gate) prefetch(gate + kAhead * m.gate_pixel, m.channels);
    const Statistics of = statistics(m, x);
    float *out = m.out + p * m.channels;
    const auto normalised = [&](int64_t c, int count) {
      const Vec<float> v = (load(x + c, count) - of.mean) * of.scale;
      return v * load(m.weight + c, count) + load(m.bias + c, count);
    };
    if (m.gate)
      for_vectors(m.channels, [&](int64_t c, int count) {
        store(out + c, normalised(c, count) * silu(load(gate + c, count)),
              count);
      });
    else
      for_vectors(m.channels, [&](int64_t c, int count) {
        store(out + c, normalised(c, count), count);
      });
  }
}

}  // namespace
