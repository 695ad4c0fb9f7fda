// The kernel for x86-64 with AVX-512.
#ifdef __x86_64__
#include <immintrin.h>
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,fma"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,fma")
// GCC's own header makes "undefined" vectors from uninitialised ones.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#define OMNI_INTRINSIC(name) _mm512_##name
#define OMNI_VECTOR_BYTES 64
#define OMNI_SCALEF
#include "scan_kernel.h"

const Kernels kAvx512 = kernels();

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
