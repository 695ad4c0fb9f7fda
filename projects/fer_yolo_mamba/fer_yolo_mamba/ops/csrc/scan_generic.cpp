// The kernel for any processor: 128-bit vectors (SSE2, NEON).
#ifdef __x86_64__
#include <immintrin.h>
#define OMNI_INTRINSIC(name) _mm_##name
#endif
#define OMNI_VECTOR_BYTES 16
#include "scan_kernel.h"

const Kernels kGeneric = kernels();
