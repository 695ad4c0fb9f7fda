// The functions that Python and the operator call: choose the kernel, spread
// the work.
#include <atomic>
#include <new>
#include <numeric>

#include "omni_scan.h"
#include "threads.h"

namespace {

enum InstructionSet { generic, avx2, avx512 };

InstructionSet best() {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return avx2;
#endif
  return generic;
}

std::atomic<int> instruction_set{best()};

const Kernels &kernels() {
  switch (instruction_set) {
#ifdef __x86_64__
    case avx512:
      return kAvx512;
    case avx2:
      return kAvx2;
#endif
    default:
      return kGeneric;
  }
}

using Pass = void (*)(const Scan &, int64_t image, int64_t group, void *);

int run(const Scan &s, const Kernel &kernel, Pass pass,
        Crew *crew = nullptr) {
  try {
    run_tasks(
        s.batch * s.groups, s.threads, kernel.scratch(s),
        [&](int64_t task, void *scratch) {
          pass(s, task / s.groups, task % s.groups, scratch);
        },
        crew);
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

int run_rows(const MapLayer &m, RowPass pass) {
  try {
    run_tasks(m.tasks, m.threads, 0, [&](int64_t task, void *) {
      const int64_t end = (task + 1) * m.rows / m.tasks;
      float *sums = m.sums + task * m.task_sums;
      for (int64_t row = task * m.rows / m.tasks; row < end; ++row)
        pass(m, row, sums);
    });
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" {
// Changes with a struct or a meaning here; Python refuses any other number.
int omni_scan_version() { return 9; }

// Uses no instruction set above `limit` (0 generic, 1 AVX2, 2 AVX-512), for
// tests of the others; returns the one now used. Not between a forward and its
// backward pass: they share checkpoints.
int omni_scan_limit_instruction_set(int limit) {
  return instruction_set = limit < best() ? limit : best();
}

// A vector holds the channels of a block.
int omni_scan_vector_bytes() { return kernels().f32.lanes * sizeof(float); }

// Where GNU OpenMP's GOMP_parallel is in this process, or null; once.
void omni_scan_use_openmp(GompParallel gomp_parallel) {
  openmp = {gomp_parallel, getpid()};
}

int64_t omni_scan_groups(int64_t threads, int64_t batch, int64_t channels) {
  const int64_t groups = threads / std::gcd(threads, batch);
  const int64_t most = (channels + 15) / 16;
  return groups < most ? groups : most;
}

// 0, or 1 when there is no memory left.
int omni_scan_forward_f32(const Scan *s) {
  return run(*s, kernels().f32, kernels().f32.forward);
}
int omni_scan_forward_f64(const Scan *s) {
  return run(*s, kernels().f64, kernels().f64.forward);
}
int omni_scan_backward_f32(const Scan *s) {
  return run(*s, kernels().f32, kernels().f32.backward);
}
int omni_scan_backward_f64(const Scan *s) {
  return run(*s, kernels().f64, kernels().f64.backward);
}
int omni_depthwise_silu(const MapLayer *m) {
  return run_rows(*m, kernels().depthwise_silu);
}
int omni_gated_norm(const MapLayer *m) {
  return run_rows(*m, kernels().gated_norm);
}
int omni_depthwise_silu_backward(const MapLayer *m) {
  return run_rows(*m, kernels().depthwise_silu_backward);
}
int omni_depthwise_input_gradient(const MapLayer *m) {
  return run_rows(*m, kernels().depthwise_input_gradient);
}
int omni_gated_norm_backward(const MapLayer *m) {
  return run_rows(*m, kernels().gated_norm_backward);
}
}

int forward_on(Crew &crew, const Scan &s) {
  return run(s, kernels().f32, kernels().f32.forward, &crew);
}
