// Backward: the states of a chunk again, then all gradients; the last chunk
// first.
#pragma once
#include "scan_worker.h"

namespace {

template <class T, int kStates>
void Worker<T, kStates>::backward() {
  const int64_t offset = image_ * scan_.length * scan_.channels;
  grad_y_map_ = (const T *)scan_.grad_y + offset;
  grad_u_map_ = (T *)scan_.grad_u + offset;
  zero(grad_u_map_);
  for (direction_ = 0; direction_ < scan_.directions; ++direction_) {
    start_direction();
    for (int64_t start = (scan_.length - 1) / kChunk * kChunk; start >= 0;
         start -= kChunk) {
      const int64_t row = row_size(scan_), end = chunk_end(start);
      for (int64_t i = 0; i < (end - start) * row; ++i) lanes_[i] = Vec<T>{};
      for (int64_t i = blocks_.first; i < blocks_.end; ++i)
        backward_chunk(blocks_[i], start);
      for (int64_t t = start; t < end; ++t)
        add_sums(grad_row(order_[t]), lanes_ + (t - start) * row, width());
    }
    blocks_.store_gradients(image_, direction_);
  }
}

template <class T, int kStates>
void Worker<T, kStates>::backward_chunk(const Block<T> &block, int64_t start) {
  const int states = kStates ? kStates : scan_.states;
  const int64_t end = chunk_end(start);
  prepare<true>(block, start, end);
  for (int64_t t = start; t < end; ++t) {
    const int64_t i = t - start, pixel = order_[t];
    dx_[i] = delta_[i] *
             load(u_ + pixel * scan_.u_pixel + block.channel, block.count);
    grad_y_[i] = load(grad_y_map_ + pixel * scan_.channels + block.channel,
                      block.count);
    grad_dx_[i] = grad_step_[i] = Vec<T>{};
  }
  int n = 0;
  for (; n + kTogether <= states; n += kTogether)
    backward_states<kTogether>(block, start, end, n);
  for (; n < states; ++n) backward_states<1>(block, start, end, n);
  backward_inputs(block, start, end);
}

template <class T, int kStates>
template <int count>
void Worker<T, kStates>::backward_states(const Block<T> &block, int64_t start,
                                         int64_t end, int first) {
  const int states = kStates ? kStates : scan_.states;
  const int64_t row = row_size(scan_);
  const Vec<T> *saved = checkpoint(block, start) + first;
  Vec<T> A[count], h[count];
  for (int j = 0; j < count; ++j) {
    A[j] = block.A[first + j];
    h_[j] = h[j] = saved[j];
  }
  for (int64_t t = start; t < end; ++t) {
    const int64_t i = t - start;
    const T *b = B_ + order_[t] * scan_.B_pixel + first;
    const Vec<T> step2 = delta_[i] * T(kLog2E);
    const Vec<T> dx = dx_[i];
#pragma GCC unroll 16
    for (int j = 0; j < count; ++j) {
      const Vec<T> decay = exp2_product<T>(step2, A[j]);
      h[j] = decay * h[j] + dx * b[j];
      decay_[i * count + j] = decay;
      h_[(i + 1) * count + j] = h[j];
    }
  }

  Vec<T> grad_h[count], grad_A[count];
  for (int j = 0; j < count; ++j) {
    grad_h[j] = block.h[first + j];
    grad_A[j] = block.grad_A[first + j];
  }
  for (int64_t t = end - 1; t >= start; --t) {
    const int64_t i = t - start, pixel = order_[t];
    const T *b = B_ + pixel * scan_.B_pixel + first;
    const T *c = C_ + pixel * scan_.C_pixel + first;
    const Vec<T> gy = grad_y_[i], dx = dx_[i], step = delta_[i];
    Vec<T> grad_dx = grad_dx_[i], grad_step = grad_step_[i];
    Vec<T> *lanes = lanes_ + i * row + rank_ + first;
#pragma GCC unroll 16
    for (int j = 0; j < count; ++j) {
      const Vec<T> g = gy * c[j] + grad_h[j];
      lanes[j] += g * dx;
      lanes[states + j] += gy * h_[(i + 1) * count + j];
      grad_dx += g * b[j];
      grad_h[j] = g * decay_[i * count + j];
      const Vec<T> grad_exponent = grad_h[j] * h_[i * count + j];
      grad_A[j] += grad_exponent * step;
      grad_step += grad_exponent * A[j];
    }
    grad_dx_[i] = grad_dx;
    grad_step_[i] = grad_step;
  }
  for (int j = 0; j < count; ++j) {
    block.h[first + j] = grad_h[j];
    block.grad_A[first + j] = grad_A[j];
  }
}

template <class T, int kStates>
void Worker<T, kStates>::backward_inputs(const Block<T> &block, int64_t start,
                                         int64_t end) {
  for (int64_t t = start; t < end; ++t) {
    const int64_t i = t - start, pixel = order_[t];
    const Vec<T> x =
        load(u_ + pixel * scan_.u_pixel + block.channel, block.count);
    *block.grad_D += grad_y_[i] * x;
    T *gu = grad_u_map_ + pixel * scan_.channels + block.channel;
    store(gu,
          load(gu, block.count) + grad_dx_[i] * delta_[i] +
              grad_y_[i] * *block.D,
          block.count);
    // What softplus was given, from here on.
    slope_[i] *= grad_step_[i] + grad_dx_[i] * x;
    *block.grad_dt_bias += slope_[i];
  }
  int r = 0;
  for (; r + kTogether <= rank_; r += kTogether)
    backward_ranks<kTogether>(block, start, end, r);
  for (; r < rank_; ++r) backward_ranks<1>(block, start, end, r);
}

template <class T, int kStates>
template <int count>
void Worker<T, kStates>::backward_ranks(const Block<T> &block, int64_t start,
                                        int64_t end, int first) {
  Vec<T> weight[count], grad_weight[count];
  for (int j = 0; j < count; ++j) {
    weight[j] = block.dt_weight[first + j];
    grad_weight[j] = block.grad_dt_weight[first + j];
  }
  for (int64_t t = start; t < end; ++t) {
    const int64_t i = t - start;
    const T *row = dt_ + order_[t] * scan_.dt_pixel + first;
    Vec<T> *lanes = lanes_ + i * row_size(scan_) + first;
#pragma GCC unroll 16
    for (int j = 0; j < count; ++j) {
      grad_weight[j] += slope_[i] * row[j];
      lanes[j] += slope_[i] * weight[j];
    }
  }
  for (int j = 0; j < count; ++j)
    block.grad_dt_weight[first + j] = grad_weight[j];
}

}  // namespace
