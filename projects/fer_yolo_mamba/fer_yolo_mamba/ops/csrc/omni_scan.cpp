// The functions that Python calls: choose the kernel, spread the work.
#include <atomic>
#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "omni_scan.h"

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

// Runs work(task, scratch) for every task. Threads live for one call: starting
// them takes tens of microseconds, and a process forked later (a data-loader
// worker) inherits no pool that would wait for threads it does not have.
// Every task writes to its own memory, so who runs it changes nothing.
template <class Work>
void spread(int64_t tasks, int64_t threads, int64_t scratch_bytes, Work work) {
  std::atomic<int64_t> next{0};
  auto run = [&](char *scratch) {
    for (int64_t task; (task = next++) < tasks;) work(task, scratch);
  };
  if (threads > tasks) threads = tasks;
  const int64_t stride = (scratch_bytes + 63) / 64 * 64;
  std::unique_ptr<char[]> memory(new char[threads * stride + 64]);
  char *aligned = (char *)(((uintptr_t)memory.get() + 63) / 64 * 64);
  std::vector<std::thread> others;
  for (int64_t i = 1; i < threads; ++i) {
    try {
      others.emplace_back(run, aligned + i * stride);
    } catch (const std::system_error &) {
      break;  // no further thread to be had: those running do it all
    }
  }
  run(aligned);
  for (auto &thread : others) thread.join();
}

using Pass = void (*)(const Scan &, int64_t image, int64_t group, void *);

int run(const Scan &s, const Kernel &kernel, Pass pass) {
  try {
    spread(s.batch * s.groups, s.threads, kernel.scratch(s),
           [&](int64_t task, void *scratch) {
             pass(s, task / s.groups, task % s.groups, scratch);
           });
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" {
// Changes with `Scan` or a meaning here; Python refuses any other number.
int omni_scan_version() { return 5; }

// Uses no instruction set above `limit` (0 generic, 1 AVX2, 2 AVX-512), for
// tests of the others; returns the one now used. Not between a forward and its
// backward pass: they share checkpoints.
int omni_scan_limit_instruction_set(int limit) {
  return instruction_set = limit < best() ? limit : best();
}

// A vector holds the channels of a block.
int omni_scan_vector_bytes() { return kernels().f32.lanes * sizeof(float); }

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
}
