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
        h_(slope_ + kChunk),
        decay_(h_ + (kChunk + 1) * states()),
        lanes_dt_(decay_ + kChunk * states()),
        blocks_(scan, group, lanes_dt_ + rank_ + kLanes<T>) {}

  // Of the scratch memory that the constructor shares out.
  static int64_t scratch_bytes(const Scan &s) {
    const int64_t chunk = 2 * kChunk + (2 * kChunk + 1) * s.states;
    const int64_t lanes_dt = s.rank + kLanes<T>;
    return (chunk + lanes_dt + Blocks<T>::size(s)) * (int64_t)sizeof(Vec<T>);
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
           start -= kChunk)
        for (int64_t i = blocks_.first; i < blocks_.end; ++i) {
          recompute_chunk(blocks_[i], start);
          backward_chunk(blocks_[i], start, grad_y, grad_u);
        }
      blocks_.store_gradients(image_, direction_);
    }
  }

 private:
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

  // delta of a chunk's positions, and slope, its derivative with respect to
  // what softplus was given. Apart from the recurrence, whose long chain of
  // operations would have nothing to overlap with here.
  void prepare(const Block<T> &b, int64_t start, int64_t end) {
    for (int64_t t = start; t < end; ++t) {
      const T *row = dt_ + order_[t] * scan_.dt_pixel;
      Vec<T> x = *b.dt_bias;
      for (int r = 0; r < rank_; ++r) x += b.dt_weight[r] * row[r];
      delta_[t - start] = softplus<T>(x, slope_ + (t - start));
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
    prepare(block, start, end);
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

  // From the checkpoint: h_[i] before and h_[i + 1] after position i, decay_.
  void recompute_chunk(const Block<T> &block, int64_t start) {
    const int states = kStates ? kStates : scan_.states;
    const int64_t end = chunk_end(start);
    const Vec<T> *saved = checkpoint(block, start);
    for (int n = 0; n < states; ++n) h_[n] = saved[n];
    prepare(block, start, end);
    for (int64_t t = start; t < end; ++t) {
      const int64_t i = t - start, pixel = order_[t];
      const T *b = B_ + pixel * scan_.B_pixel;
      const Vec<T> step2 = delta_[i] * T(kLog2E);
      const Vec<T> dx =
          delta_[i] *
          load(u_ + pixel * scan_.u_pixel + block.channel, block.count);
      const Vec<T> *before = h_ + i * states;
      Vec<T> *after = h_ + (i + 1) * states;
      Vec<T> *decay = decay_ + i * states;
#pragma GCC unroll 16
      for (int n = 0; n < states; ++n) {
        decay[n] = exp2<T>(step2 * block.A[n]);
        after[n] = decay[n] * before[n] + dx * b[n];
      }
    }
  }

  void backward_chunk(const Block<T> &block, int64_t start, const T *grad_y,
                      T *grad_u) {
    const int states = kStates ? kStates : scan_.states;
    const int width = rank_ + 2 * states;
    T *grad_inputs =
        (T *)scan_.grad_inputs +
        ((group_ * scan_.batch + image_) * scan_.length * scan_.directions +
         direction_) * width;
    Vec<T> grad_h[kStates ? kStates : kMaxStates];
    for (int n = 0; n < states; ++n) grad_h[n] = block.h[n];
    // What each lane adds to the gradients of B and C at a position.
    Vec<T> lanes[2 * (kStates ? kStates : kMaxStates) + kLanes<T>];
    for (int64_t t = chunk_end(start) - 1; t >= start; --t) {
      const int64_t i = t - start, pixel = order_[t];
      const T *b = B_ + pixel * scan_.B_pixel;
      const T *c = C_ + pixel * scan_.C_pixel;
      const Vec<T> x =
          load(u_ + pixel * scan_.u_pixel + block.channel, block.count);
      const Vec<T> gy =
          load(grad_y + pixel * scan_.channels + block.channel, block.count);
      const Vec<T> step = delta_[i];
      const Vec<T> dx = step * x;
      const Vec<T> *before = h_ + i * states;
      const Vec<T> *after = before + states;
      const Vec<T> *decay = decay_ + i * states;
      Vec<T> grad_dx{}, grad_step{};
#pragma GCC unroll 16
      for (int n = 0; n < states; ++n) {
        const Vec<T> g = gy * c[n] + grad_h[n];
        lanes[n] = g * dx;
        lanes[states + n] = gy * after[n];
        grad_dx += g * b[n];
        grad_h[n] = g * decay[n];
        const Vec<T> grad_exponent = grad_h[n] * before[n];
        block.grad_A[n] += grad_exponent * step;
        grad_step += grad_exponent * block.A[n];
      }
      grad_step += grad_dx * x;
      *block.grad_D += gy * x;
      T *gu = grad_u + pixel * scan_.channels + block.channel;
      store(gu, load(gu, block.count) + grad_dx * step + gy * *block.D,
            block.count);

      const T *row = dt_ + pixel * scan_.dt_pixel;
      const Vec<T> grad_x = grad_step * slope_[i];
      *block.grad_dt_bias += grad_x;
      for (int r = 0; r < rank_; ++r) {
        block.grad_dt_weight[r] += grad_x * row[r];
        lanes_dt_[r] = grad_x * block.dt_weight[r];
      }
      T *out = grad_inputs + pixel * scan_.directions * width;
      add_sums(out, lanes_dt_, rank_);
      add_sums(out + rank_, lanes, 2 * states);
    }
    for (int n = 0; n < states; ++n) block.h[n] = grad_h[n];
  }

  // out[i] += the sum over the lanes of v[i]; v, overwritten, has room for
  // whole vectors.
  static void add_sums(T *out, Vec<T> *v, int count) {
    for (int i = count; i % kLanes<T> != 0; ++i) v[i] = Vec<T>{};
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
  // Of one chunk of one block.
  Vec<T> *const delta_, *const slope_, *const h_, *const decay_;
  Vec<T> *const lanes_dt_;  // what each lane adds to a gradient of dt
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
