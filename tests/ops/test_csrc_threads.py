"""The threads of the C++ library where memory is short."""

import shutil
import subprocess
from pathlib import Path

import pytest

from fer_yolo_mamba import ops

# Eight tasks for four threads, while only so many allocations succeed as the
# argument says: prints how many were done, or that there was no memory.
PROGRAM = """
#include "threads.h"

#include <cstdio>
#include <cstdlib>
#include <new>

std::atomic<int> left{1 << 30};

void *operator new(size_t size) {
  void *memory = left-- > 0 ? malloc(size) : nullptr;
  if (!memory) throw std::bad_alloc();
  return memory;
}
void operator delete(void *memory) noexcept { free(memory); }
void operator delete(void *memory, size_t) noexcept { free(memory); }

int main(int, char **arguments) {
  std::atomic<int> done{0};
  left = atoi(arguments[1]);
  try {
    run_tasks(8, 4, 64, [&](int64_t, void *) { ++done; });
  } catch (const std::bad_alloc &) {
    puts("no memory");
    return 0;
  }
  printf("%d", done.load());
}
"""


@pytest.fixture(scope='module')
def program(tmp_path_factory):
    if not shutil.which('g++'):
        pytest.skip('g++ is not installed')
    source = tmp_path_factory.mktemp('threads') / 'program.cpp'
    source.write_text(PROGRAM)
    headers = Path(ops.__file__).with_name('csrc')
    command = ['g++', '-std=c++17', '-pthread', f'-I{headers}', source, '-o']
    subprocess.run([*command, source.with_suffix('')], check=True)
    return source.with_suffix('')


@pytest.mark.parametrize('allocations', range(10))
def test_tasks_are_done_with_the_threads_that_there_is_memory_for(
    allocations, program
):
    done = subprocess.run(
        [program, str(allocations)], capture_output=True, text=True
    )
    assert done.returncode == 0
    # The first is the scratch, without which there is nothing to be done.
    assert done.stdout == ('8' if allocations else 'no memory\n')
