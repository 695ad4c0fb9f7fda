// The kernel for x86-64 with AVX2 and FMA.
#ifdef __x86_64__
#include <immintrin.h>
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define OMNI_INTRINSIC(name) _mm256_##name
#define OMNI_VECTOR_BYTES 32
#include "scan_kernel.h"

const Kernels kAvx2 = kernels();

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
