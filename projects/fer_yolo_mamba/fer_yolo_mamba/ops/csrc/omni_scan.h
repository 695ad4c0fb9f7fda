// What Python hands over (`Scan` is mirrored by `_Scan` in ops/cpu.py), and what
// one build of the kernels offers. Pointers to void are to float or to double,
// as the function called says.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct Scan {
  int64_t batch, length, channels, directions, states, rank;
  // Threads to use. Channels are split into groups: an image's group is one
  // task, and keeps its own gradients of dt, B and C (sums over channels).
  int64_t threads, groups;
  // Strides in scalars; the last dimension of each is contiguous.
  int64_t u_batch, u_pixel;
  int64_t dt_batch, dt_pixel, dt_direction;
  int64_t B_batch, B_pixel, B_direction;
  int64_t C_batch, C_pixel, C_direction;

  const int64_t *order;   // (directions, length): pixel visited at a position
  const void *u;          // (batch, length, channels)
  const void *dt;         // (batch, length, directions, rank)
  const void *B;          // (batch, length, directions, states)
  const void *C;          // (batch, length, directions, states)
  const void *A;          // (directions, channels, states)
  const void *D;          // (directions, channels)
  const void *dt_weight;  // (directions, channels, rank)
  const void *dt_bias;    // (directions, channels)

  void *y;  // (batch, length, channels), written by forward
  // (batch, directions, chunks, blocks of channels, states, lanes): states at
  // each chunk's start, aligned to a vector; null: not wanted.
  void *checkpoints;

  const void *grad_y;  // (batch, length, channels)
  void *grad_u;        // (batch, length, channels)
  // (groups, batch, length, directions, rank + 2 states): dt, B, C; zeroed
  void *grad_inputs;
  // (batch, directions, channels, states + rank + 2): A, dt_weight, dt_bias, D
  void *grad_parameters;
};

// Threads that somebody else has.
struct Crew {
  // Calls work(tasks, any number) so many times, on those that are free, and
  // returns after the last.
  virtual void run(void (*work)(void *tasks, size_t), void *tasks,
                   size_t times) = 0;
};

// As few groups of channels as give every thread as many tasks.
extern "C" int64_t omni_scan_groups(int64_t threads, int64_t batch,
                                    int64_t channels);

// As omni_scan_forward_f32, on threads of a crew.
int forward_on(Crew &crew, const Scan &s);

// Positions between two checkpoints. Backward keeps every state of one chunk.
constexpr int64_t kChunk = 16;
constexpr int64_t kMaxStates = 64;

// One scalar type of one build (AVX-512, AVX2, ...) of the kernel.
struct Kernel {
  int64_t lanes;  // channels side by side in a vector: one block
  // Bytes of scratch, aligned to a vector, that forward and backward need.
  int64_t (*scratch)(const Scan &);
  // All directions of one group of channels of one image.
  void (*forward)(const Scan &, int64_t image, int64_t group, void *scratch);
  void (*backward)(const Scan &, int64_t image, int64_t group, void *scratch);
};

// A layer on a map with the channels last (mirrored by `_MapLayer` in
// ops/map_calls.py).
struct MapLayer {
  int64_t rows;  // of all images
  int64_t height, width, channels, threads;
  int64_t x_pixel, gate_pixel;  // strides from pixel to pixel, in scalars
  const float *x, *gate;        // (rows, width, channels); no gate: null
  const float *weight;          // (channels), of a convolution (9, channels)
  const float *bias;            // (channels)
  float *out;                   // (rows, width, channels), dense
  // Backward: as `out`, dense; what is summed over the map has an own slice of
  // `sums` for every task, zeroed: of a convolution (tasks, 10, channels), of a
  // norm (tasks, 2, channels).
  const float *grad;
  float *grad_inner, *sums;
  int64_t tasks, task_sums;  // scalars of a task's slice
  float epsilon;
};

// One row of pixels, and the task's slice of `MapLayer::sums`.
using RowPass = void (*)(const MapLayer &, int64_t row, float *sums);

struct Kernels {
  Kernel f32, f64;
  RowPass depthwise_silu, gated_norm;
  RowPass depthwise_silu_backward, depthwise_input_gradient;
  RowPass gated_norm_backward;
};

extern const Kernels kGeneric, kAvx2, kAvx512;
