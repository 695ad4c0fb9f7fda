// Forward: the outputs, and the states to begin backward from.
#pragma once
#include "scan_worker.h"

namespace {

template <class T, int kStates>
void Worker<T, kStates>::forward() {
  y_map_ = (T *)scan_.y + image_ * scan_.length * scan_.channels;
  for (direction_ = 0; direction_ < scan_.directions; ++direction_) {
    start_direction();
    for (int64_t start = 0; start < scan_.length; start += kChunk)
      for (int64_t i = blocks_.first; i < blocks_.end; ++i)
        if (blocks_[i].count == kLanes<T>)
          forward_chunk<true>(blocks_[i], start);
        else
          forward_chunk<false>(blocks_[i], start);
  }
}

template <class T, int kStates>
template <bool is_whole>
void Worker<T, kStates>::forward_chunk(const Block<T> &block, int64_t start) {
  const int states = kStates ? kStates : scan_.states;
  const int64_t end = chunk_end(start);
  const int count = is_whole ? kLanes<T> : block.count;
  Vec<T> h[kStates ? kStates : kMaxStates];
  for (int n = 0; n < states; ++n) h[n] = block.h[n];
  if (scan_.checkpoints) {
    Vec<T> *saved = checkpoint(block, start);
    for (int n = 0; n < states; ++n) saved[n] = h[n];
  }
  prepare<false>(block, start, end);
  for (int64_t t = start; t < end; ++t) {
    const int64_t pixel = order_[t];
    const T *b = B_ + pixel * scan_.B_pixel;
    const T *c = C_ + pixel * scan_.C_pixel;
    const Vec<T> x =
        load(u_ + pixel * scan_.u_pixel + block.channel, count);
    const Vec<T> step2 = delta_[t - start] * T(kLog2E);
    const Vec<T> dx = delta_[t - start] * x;
    T *out = y_map_ + pixel * scan_.channels + block.channel;
    Vec<T> sum = *block.D * x;
    if (direction_ > 0) sum += load(out, count);
#pragma GCC unroll 16
    for (int n = 0; n < states; ++n) {
      h[n] = exp2_product<T>(step2, block.A[n]) * h[n] + dx * b[n];
      sum += h[n] * c[n];
    }
    store(out, sum, count);
  }
  for (int n = 0; n < states; ++n) block.h[n] = h[n];
}

}  // namespace
