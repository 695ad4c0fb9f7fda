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

  void forward() {
    T *y = (T *)scan_.y + image_ * scan_.length * scan_.channels;
    zero(y);
    for (direction_ = 0; direction_ < scan_.directions; ++direction_) {
      start_direction();
      for (int64_t start = 0; start < scan_.length; start += kChunk)
        for (int64_t i = blocks_.first; i < blocks_.end; ++i)
          forward_chunk(blocks_[i], start, y);
    }
  }

  void backward() {
    const int64_t offset = image_ * scan_.length * scan_.channels;
    const T *grad_y = (const T *)scan_.grad_y + offset;
    T *grad_u = (T *)scan_.grad_u + offset;
    zero(grad_u);
    for (direction_ = 0; direction_ < scan_.directions; ++direction_) {
      start_direction();
      for (int64_t start = (scan_.length - 1) / kChunk * kChunk; start >= 0;
           start -= kChunk) {
        const int64_t row = row_size(scan_), end = chunk_end(start);
        for (int64_t i = 0; i < (end - start) * row; ++i) lanes_[i] = Vec<T>{};
        for (int64_t i = blocks_.first; i < blocks_.end; ++i)
          backward_chunk(blocks_[i], start, grad_y, grad_u);
        for (int64_t t = start; t < end; ++t)
          add_sums(grad_row(order_[t]), lanes_ + (t - start) * row, width());
      }
      blocks_.store_gradients(image_, direction_);
    }
  }

 private:
  // States that backward takes together through a chunk: their values at every
  // position fit the first-level cache.
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
  // respect to what softplus was given. Apart from the recurrence, whose long
  // chain of operations would have nothing to overlap with here.
  template <bool differentiate>
  void prepare(const Block<T> &b, int64_t start, int64_t end) {
    for (int64_t t = start; t < end; ++t) {
      const T *row = dt_ + order_[t] * scan_.dt_pixel;
      Vec<T> x = *b.dt_bias;
      for (int r = 0; r < rank_; ++r) x += b.dt_weight[r] * row[r];
      delta_[t - start] = softplus<T, differentiate>(x, slope_ + (t - start));
    }
  }

  void forward_chunk(const Block<T> &block, int64_t start, T *y) {
    const int states = kStates ? kStates : scan_.states;
    const int64_t end = chunk_end(start);
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
          load(u_ + pixel * scan_.u_pixel + block.channel, block.count);
      const Vec<T> step2 = delta_[t - start] * T(kLog2E);
      const Vec<T> dx = delta_[t - start] * x;
      T *out = y + pixel * scan_.channels + block.channel;
      Vec<T> sum = load(out, block.count) + *block.D * x;
#pragma GCC unroll 16
      for (int n = 0; n < states; ++n) {
        h[n] = exp2<T>(step2 * block.A[n]) * h[n] + dx * b[n];
        sum += h[n] * c[n];
      }
      store(out, sum, block.count);
    }
    for (int n = 0; n < states; ++n) block.h[n] = h[n];
  }

  void backward_chunk(const Block<T> &block, int64_t start, const T *grad_y,
                      T *grad_u) {
    const int states = kStates ? kStates : scan_.states;
    const int64_t end = chunk_end(start);
    prepare<true>(block, start, end);
    for (int64_t t = start; t < end; ++t) {
      const int64_t i = t - start, pixel = order_[t];
      dx_[i] = delta_[i] *
               load(u_ + pixel * scan_.u_pixel + block.channel, block.count);
      grad_y_[i] =
          load(grad_y + pixel * scan_.channels + block.channel, block.count);
      grad_dx_[i] = grad_step_[i] = Vec<T>{};
    }
    int n = 0;
    for (; n + kTogether <= states; n += kTogether)
      backward_states<kTogether>(block, start, end, n);
    for (; n < states; ++n) backward_states<1>(block, start, end, n);
    backward_inputs(block, start, end, grad_u);
  }

  // Of `count` states from `first` on: their values at every position again,
  // from the checkpoint, then what they pass back.
  template <int count>
  void backward_states(const Block<T> &block, int64_t start, int64_t end,
                       int first) {
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
        const Vec<T> decay = exp2<T>(step2 * A[j]);
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

  // Of u, D, and of all that the steps come from.
  void backward_inputs(const Block<T> &block, int64_t start, int64_t end,
                       T *grad_u) {
    for (int64_t t = start; t < end; ++t) {
      const int64_t i = t - start, pixel = order_[t];
      const Vec<T> x =
          load(u_ + pixel * scan_.u_pixel + block.channel, block.count);
      *block.grad_D += grad_y_[i] * x;
      T *gu = grad_u + pixel * scan_.channels + block.channel;
      store(gu,
            load(gu, block.count) + grad_dx_[i] * delta_[i] +
                grad_y_[i] * *block.D,
            block.count);

      const T *row = dt_ + pixel * scan_.dt_pixel;
      Vec<T> *lanes = lanes_ + i * row_size(scan_);
      const Vec<T> grad_x = (grad_step_[i] + grad_dx_[i] * x) * slope_[i];
      *block.grad_dt_bias += grad_x;
      for (int r = 0; r < rank_; ++r) {
        block.grad_dt_weight[r] += grad_x * row[r];
        lanes[r] += grad_x * block.dt_weight[r];
      }
    }
  }

  // A pixel's gradients of dt, B and C.
  T *grad_row(int64_t pixel) const {
    const int64_t image = group_ * scan_.batch + image_;
    return (T *)scan_.grad_inputs +
           ((image * scan_.length + pixel) * scan_.directions + direction_) *
               width();
  }

  // out[i] += the sum over the lanes of v[i]; v is read in whole vectors' worth.
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

}  // namespace
