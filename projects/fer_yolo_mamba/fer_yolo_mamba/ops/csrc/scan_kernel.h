// The kernels of one instruction set, for `OMNI_VECTOR_BYTES` wide vectors.
#pragma once
#include "map_gradients.h"
#include "map_layers.h"
#include "scan_backward.h"
#include "scan_forward.h"

namespace {

template <class T>
int64_t scratch_bytes(const Scan &s) {
  return Worker<T, 0>::scratch_bytes(s);
}

template <class T>
void forward(const Scan &s, int64_t image, int64_t group, void *scratch) {
  if (s.states == 16)
    Worker<T, 16>(s, image, group, scratch).forward();
  else
    Worker<T, 0>(s, image, group, scratch).forward();
}

template <class T>
void backward(const Scan &s, int64_t image, int64_t group, void *scratch) {
  if (s.states == 16)
    Worker<T, 16>(s, image, group, scratch).backward();
  else
    Worker<T, 0>(s, image, group, scratch).backward();
}

template <class T>
constexpr Kernel kernel() {
  return {kLanes<T>, scratch_bytes<T>, forward<T>, backward<T>};
}

constexpr Kernels kernels() {
  return {kernel<float>(),
          kernel<double>(),
          depthwise_silu,
          gated_norm,
          depthwise_silu_backward,
          depthwise_input_gradient,
          gated_norm_backward};
}

}  // namespace
