// Runs tasks on several threads: a crew's, or PyTorch's own where they can be
// had.
#pragma once
#include <unistd.h>

#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "omni_scan.h"

extern "C" typedef void (*GompParallel)(void (*function)(void *), void *data,
                                        unsigned threads, unsigned flags);

namespace {

// PyTorch's threads belong to OpenMP, and after work of theirs they wait for
// more by spinning: further threads would have to share the cores with them.
// This library is not linked with OpenMP, as it must be the very one that
// PyTorch brings; Python finds it in the process. It does not survive a fork.
struct OpenMp {
  GompParallel parallel;
  pid_t process;
} openmp{nullptr, 0};

// Calls work(task, scratch) for every task. Every task writes to its own
// memory, so who runs it changes nothing.
template <class Work>
class Tasks {
 public:
  Tasks(int64_t tasks, int64_t threads, int64_t scratch_bytes, Work work)
      : tasks_(tasks),
        threads_(threads),
        stride_((scratch_bytes + 63) / 64 * 64),
        memory_(new char[(threads < tasks ? threads : tasks) * stride_ + 64]),
        work_(work) {}

  void run(Crew *crew) {
    if (crew)
      crew->run([](void *self, size_t) { run_some(self); }, this,
                threads_ < tasks_ ? threads_ : tasks_);
    else if (threads_ > 1 && openmp.parallel && openmp.process == getpid())
      // All of them, even if some find no task: OpenMP would end the others.
      openmp.parallel(&Tasks::run_some, this, threads_, 0);
    else
      run_on_new_threads();
  }

 private:
  // They live for one call: a process forked later inherits no pool that would
  // wait for threads that it does not have.
  void run_on_new_threads() {
    std::vector<std::thread> others;
    try {
      for (int64_t i = 1; i < threads_ && i < tasks_; ++i)
        others.emplace_back(&Tasks::run_some, this);
    } catch (const std::exception &) {
      // No further thread to be had, or no memory for one: those running do it
      // all.
    }
    run_some(this);
    for (auto &thread : others) thread.join();
  }

  // What each thread does.
  static void run_some(void *self) {
    Tasks &all = *(Tasks *)self;
    int64_t task = all.next_task_++;
    if (task >= all.tasks_) return;
    char *first = (char *)(((uintptr_t)all.memory_.get() + 63) / 64 * 64);
    char *scratch = first + all.next_scratch_++ * all.stride_;
    for (; task < all.tasks_; task = all.next_task_++) all.work_(task, scratch);
  }

  const int64_t tasks_, threads_, stride_;
  const std::unique_ptr<char[]> memory_;
  const Work work_;
  std::atomic<int64_t> next_task_{0}, next_scratch_{0};
};

template <class Work>
void run_tasks(int64_t tasks, int64_t threads, int64_t scratch_bytes,
               Work work, Crew *crew = nullptr) {
  Tasks<Work>(tasks, threads, scratch_bytes, work).run(crew);
}

}  // namespace
