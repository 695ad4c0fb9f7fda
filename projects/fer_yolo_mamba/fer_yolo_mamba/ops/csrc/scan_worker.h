// The scan of a group of channels of one image, forward and backward.
//
//   delta = softplus(dt_weight . dt + dt_bias)
//   h     = exp(delta A) h + delta B u
//   y    += C . h + D u
//
// Channels are taken in blocks of one vector. Of each direction, a chunk of
// positions is done for all blocks before the next chunk, so that the rows of
// dt, B and C, which all channels share, stay in the cache; a block's state
// waits in memory meanwhile.
#pragma once
#include "scan_blocks.h"

namespace {

// kStates: the number of states where it is known, else 0.
template <class T, int kStates>
class Worker {
 public:
  Worker(const Scan &scan, int64_t image, int64_t group, void *scratch)
      : scan_(scan),
        image_(image),
        group_(group),
        rank_(scan.rank),
        delta_((Vec<T> *)scratch),
        slope_(delta_ + kChunk),
        dx_(slope_ + kChunk),
        grad_y_(dx_ + kChunk),
        grad_dx_(grad_y_ + kChunk),
        grad_step_(grad_dx_ + kChunk),
        h_(grad_step_ + kChunk),
        decay_(h_ + (kChunk + 1) * kTogether),
        lanes_(decay_ + kChunk * kTogether),
        blocks_(scan, group, lanes_ + kChunk * row_size(scan) + kLanes<T>) {}

  // Of the scratch memory that the constructor shares out.
  static int64_t scratch_bytes(const Scan &s) {
    const int64_t chunk =
        6 * kChunk + (2 * kChunk + 1) * kTogether + kChunk * row_size(s);
    return (chunk + kLanes<T> + Blocks<T>::size(s)) * (int64_t)sizeof(Vec<T>);
  }

  void forward();
  void backward();

 private:
  // States, or columns of dt, that backward takes together through a chunk: the
  // states' values at every position fit the first-level cache.
  static constexpr int kTogether = 4;
  // A position's gradients of dt, B and C, and its row in lanes_: of an odd
  // number of vectors, or rows would compete for the same lines of the cache.
  int64_t width() const { return rank_ + 2 * states(); }
  static int64_t row_size(const Scan &s) { return (s.rank + 2 * s.states) | 1; }

  int states() const { return kStates ? kStates : scan_.states; }

  void start_direction() {
    blocks_.load(direction_);
    order_ = scan_.order + direction_ * scan_.length;
    u_ = (const T *)scan_.u + image_ * scan_.u_batch;
    dt_ = (const T *)scan_.dt + image_ * scan_.dt_batch +
          direction_ * scan_.dt_direction;
    B_ = (const T *)scan_.B + image_ * scan_.B_batch +
         direction_ * scan_.B_direction;
    C_ = (const T *)scan_.C + image_ * scan_.C_batch +
         direction_ * scan_.C_direction;
  }

  void zero(T *rows) const {
    for (int64_t pixel = 0; pixel < scan_.length; ++pixel)
      for (int64_t i = blocks_.first; i < blocks_.end; ++i) {
        const Block<T> b = blocks_[i];
        store(rows + pixel * scan_.channels + b.channel, Vec<T>{}, b.count);
      }
  }

  int64_t chunk_end(int64_t start) const {
    return start + kChunk < scan_.length ? start + kChunk : scan_.length;
  }

  // Where a block's state at the start of a chunk is kept.
  Vec<T> *checkpoint(const Block<T> &b, int64_t start) const {
    const int64_t chunks = (scan_.length + kChunk - 1) / kChunk;
    const int64_t row =
        (image_ * scan_.directions + direction_) * chunks + start / kChunk;
    return (Vec<T> *)scan_.checkpoints +
           (row * Blocks<T>::total(scan_) + b.index) * states();
  }

  // delta of a chunk's positions, and for backward slope, its derivative with
  // respect to what softplus was given. Apart from the recurrence, and a step
  // for all positions before the next step: each is a chain of operations, of
  // which the processor overlaps only those that are close to each other.
  template <bool differentiate>
  void prepare(const Block<T> &b, int64_t start, int64_t end) {
    project(b, start, end);
    const int64_t count = end - start;
    Vec<T> z[kChunk];
    for (int64_t i = 0; i < count; ++i) z[i] = exp_of_minus_magnitude<T>(delta_[i]);
    for (int64_t i = 0; i < count; ++i)
      delta_[i] = softplus<T, differentiate>(delta_[i], z[i], slope_ + i);
    for (int64_t t = start; t < end; ++t) {
      // Here, where there is much to compute for few accesses to memory.
      const int64_t ahead = differentiate ? t - kChunk : t + kChunk;
      if (0 <= ahead && ahead < scan_.length)
        prefetch_pixel<differentiate>(b, order_[ahead]);
    }
  }

  // dt_weight . dt + dt_bias of a chunk's positions, to delta_; some at once, so
  // that a weight is loaded once for them.
  void project(const Block<T> &b, int64_t start, int64_t end) {
    constexpr int kAtOnce = 4;
    for (int64_t t = start; t < end; t += kAtOnce) {
      const T *row[kAtOnce];
      Vec<T> x[kAtOnce];
      for (int i = 0; i < kAtOnce; ++i) {
        // Beyond the end the last again, and nobody looks at it.
        const int64_t at = t + i < end ? t + i : end - 1;
        row[i] = dt_ + order_[at] * scan_.dt_pixel;
        x[i] = *b.dt_bias;
      }
      for (int r = 0; r < rank_; ++r)
        for (int i = 0; i < kAtOnce; ++i) x[i] += b.dt_weight[r] * row[i][r];
      for (int i = 0; i < kAtOnce; ++i) delta_[t - start + i] = x[i];
    }
  }

  template <bool is_whole>
  void forward_chunk(const Block<T> &block, int64_t start);  // scan_forward.h
  void backward_chunk(const Block<T> &block, int64_t start);  // scan_backward.h

  // Asks for what is taken from the maps at a pixel one chunk ahead: most
  // orders leap from row to row, which the processor does not foresee.
  template <bool differentiate>
  __attribute__((always_inline)) void prefetch_pixel(const Block<T> &block,
                                                     int64_t pixel) const {
    const int64_t own = pixel * scan_.channels + block.channel;
    prefetch(u_ + pixel * scan_.u_pixel + block.channel, 1);
    if (differentiate) {
      prefetch(grad_y_map_ + own, 1);
      prefetch(grad_u_map_ + own, 1);
    } else {
      prefetch(y_map_ + own, 1);
    }
    if (block.index > blocks_.first) return;
    prefetch(dt_ + pixel * scan_.dt_pixel, rank_);
    prefetch(B_ + pixel * scan_.B_pixel, states());
    prefetch(C_ + pixel * scan_.C_pixel, states());
    if (differentiate) prefetch(grad_row(pixel), width());
  }

  // Of `count` states from `first` on: their values at every position again,
  // from the checkpoint, then what they pass back.
  template <int count>
  void backward_states(const Block<T> &block, int64_t start, int64_t end,
                       int first);

  // Of u, D, and of all that the steps come from.
  void backward_inputs(const Block<T> &block, int64_t start, int64_t end);

  // Of `count` columns of dt from `first` on.
  template <int count>
  void backward_ranks(const Block<T> &block, int64_t start, int64_t end,
                      int first);

  // A pixel's gradients of dt, B and C.
  T *grad_row(int64_t pixel) const {
    const int64_t image = group_ * scan_.batch + image_;
    return (T *)scan_.grad_inputs +
           ((image * scan_.length + pixel) * scan_.directions + direction_) *
               width();
  }

  // out[i] += the sum over the lanes of v[i]; whole vectors' worth are read.
  static void add_sums(T *out, const Vec<T> *v, int count) {
    for (int i = 0; i < count; i += kLanes<T>) {
      const int n = count - i < kLanes<T> ? count - i : kLanes<T>;
      store(out + i, load(out + i, n) + sum_lanes<T>(v + i), n);
    }
  }

  const Scan &scan_;
  const int64_t image_, group_;
  const int rank_;
  // The current direction, and its rows of the current image.
  int64_t direction_;
  const int64_t *order_;
  const T *u_, *dt_, *B_, *C_;
  // The current image's rows.
  const T *grad_y_map_;
  T *y_map_, *grad_u_map_;
  // Of one chunk of one block, a vector a position.
  Vec<T> *const delta_, *const slope_, *const dx_;
  Vec<T> *const grad_y_, *const grad_dx_, *const grad_step_;
  // Of some states: h_[i] before and h_[i + 1] after position i, decay_.
  Vec<T> *const h_, *const decay_;
  // Of one chunk: what each lane adds to the gradients of dt, B and C, rows of
  // a position.
  Vec<T> *const lanes_;
  const Blocks<T> blocks_;
};

}  // namespace
