// Blocks of channels: their parameters, gradients and states in scratch memory.
#pragma once
#include "omni_scan.h"
#include "vector_math.h"

namespace {

// As many channels as a vector has lanes, in one direction.
template <class T>
struct Block {
  int64_t index;
  int64_t channel;  // the first
  int count;        // of channels: fewer than lanes in the last block
  // Parameters, transposed to (state, lane) and (rank, lane).
  Vec<T> *A, *dt_weight, *dt_bias, *D;
  Vec<T> *grad_A, *grad_dt_weight, *grad_dt_bias, *grad_D;
  Vec<T> *h;  // the state, or backward its gradient, between two chunks
};

// The blocks of one group.
template <class T>
class Blocks {
 public:
  Blocks(const Scan &scan, int64_t group, Vec<T> *memory)
      : scan_(scan),
        parameters_(scan.states + scan.rank + 2),
        memory_(memory),
        first(group * total(scan) / scan.groups),
        end((group + 1) * total(scan) / scan.groups) {}

  // Of all groups.
  static int64_t total(const Scan &s) {
    return (s.channels + kLanes<T> - 1) / kLanes<T>;
  }

  // Vectors of memory that a group needs.
  static int64_t size(const Scan &s) {
    const int64_t most = (total(s) + s.groups - 1) / s.groups;
    return most * (2 * (s.states + s.rank + 2) + s.states);
  }

  Block<T> operator[](int64_t index) const {
    const int64_t channel = index * kLanes<T>;
    const int64_t left = scan_.channels - channel;
    const int64_t states = scan_.states, rank = scan_.rank;
    Vec<T> *p = memory_ + (index - first) * (2 * parameters_ + states);
    Vec<T> *g = p + parameters_;
    return {index,
            channel,
            left < kLanes<T> ? (int)left : kLanes<T>,
            p,
            p + states,
            p + states + rank,
            p + states + rank + 1,
            g,
            g + states,
            g + states + rank,
            g + states + rank + 1,
            g + parameters_};
  }

  // Loads a direction's parameters; gradients and states begin at zero.
  void load(int64_t direction) const {
    for (int64_t i = first; i < end; ++i) {
      const Block<T> b = (*this)[i];
      const int64_t row = direction * scan_.channels + b.channel;
      transpose(scan_.A, row, scan_.states, b.count, b.A);
      transpose(scan_.dt_weight, row, scan_.rank, b.count, b.dt_weight);
      transpose(scan_.dt_bias, row, 1, b.count, b.dt_bias);
      transpose(scan_.D, row, 1, b.count, b.D);
      for (int64_t j = 0; j < parameters_; ++j) b.grad_A[j] = Vec<T>{};
      for (int64_t n = 0; n < scan_.states; ++n) b.h[n] = Vec<T>{};
    }
  }

  void store_gradients(int64_t image, int64_t direction) const {
    for (int64_t i = first; i < end; ++i) {
      const Block<T> b = (*this)[i];
      const int64_t row =
          (image * scan_.directions + direction) * scan_.channels + b.channel;
      T *out = (T *)scan_.grad_parameters + row * parameters_;
      for (int c = 0; c < b.count; ++c)
        for (int64_t j = 0; j < parameters_; ++j) *out++ = b.grad_A[j][c];
    }
  }

 private:
  // `count` rows of a parameter of the given width.
  static void transpose(const void *parameter, int64_t row, int64_t width,
                        int count, Vec<T> *out) {
    const T *rows = (const T *)parameter + row * width;
    for (int64_t i = 0; i < width; ++i) {
      out[i] = Vec<T>{};
      for (int c = 0; c < count; ++c) out[i][c] = rows[c * width + i];
    }
  }

  const Scan &scan_;
  const int64_t parameters_;  // of one channel
  Vec<T> *const memory_;

 public:
  const int64_t first, end;
};

}  // namespace
