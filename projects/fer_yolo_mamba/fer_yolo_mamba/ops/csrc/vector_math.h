// Vectors of channels, and the few functions the scan needs of them.
//
// GCC's and Clang's vector extensions, so one source serves x86 and Arm.
// Before including this, define OMNI_VECTOR_BYTES, and on x86
// OMNI_INTRINSIC(name), the intrinsic of that name for such vectors.
// Everything sits in an unnamed namespace and no standard header with inline
// functions is used: each instruction set compiles its own copy, and the linker
// must never merge a copy made for AVX-512 into the code for older processors.
#pragma once
#include <stdint.h>

namespace {

template <class T>
struct Lanes;

template <>
struct Lanes<float> {
  typedef float Vector __attribute__((vector_size(OMNI_VECTOR_BYTES)));
  typedef int32_t Integers __attribute__((vector_size(OMNI_VECTOR_BYTES)));
  typedef float Unaligned __attribute__((
      vector_size(OMNI_VECTOR_BYTES), aligned(4), may_alias));
  // Relative minimax polynomial of 2^r on [-1/2, 1/2] with 2^0 = 1 exactly, so
  // that thousands of slow decays do not drift; error 9e-8.
  static constexpr float exp2[] = {
      1.f,
      0.6931470036506653f,
      0.24022242426872253f,
      0.05550733581185341f,
      0.009671512991189957f,
      0.001326472731307149f};
  // The same of 2^(r - offset) on [0, 1], and exactly as steep at the offset:
  // r of a slow decay is a little below it. Error 1.9e-7.
  static constexpr float offset = 0.125f;
  static constexpr float exp2_offset[] = {
      0.9170039296150208f,
      0.6356224417686462f,
      0.22024692595005035f,
      0.051107343286275864f,
      0.00835071224719286f,
      0.001676389598287642f};
  // Relative minimax polynomial of log(1 + z) / z on [0, 1]; error 1.4e-8.
  static constexpr float log1p[] = {
      1.f,
      -0.49999892711639404f,
      0.33329710364341736f,
      -0.24951615929603577f,
      0.1966327428817749f,
      -0.1526966691017151f,
      0.10543623566627502f,
      -0.056373611092567444f,
      0.019542526453733444f,
      -0.0031760570127516985f};
  static constexpr int mantissa_bits = 23;
  static constexpr float min_exponent = -127, max_exponent = 128;
};

template <>
struct Lanes<double> {
  typedef double Vector __attribute__((vector_size(OMNI_VECTOR_BYTES)));
  typedef int64_t Integers __attribute__((vector_size(OMNI_VECTOR_BYTES)));
  typedef double Unaligned __attribute__((
      vector_size(OMNI_VECTOR_BYTES), aligned(8), may_alias));
  // Taylor: ln(2)^k / k!
  static constexpr double exp2[] = {
      1.0, 0.6931471805599453, 0.2402265069591007, 0.055504108664821576,
      0.009618129107628477, 0.0013333558146428441, 0.00015403530393381606,
      1.5252733804059838e-05, 1.3215486790144305e-06, 1.0178086009239696e-07,
      7.054911620801121e-09, 4.44553827187081e-10, 2.5678435993488196e-11,
      1.3691488853904124e-12};
  static constexpr int mantissa_bits = 52;
  static constexpr double min_exponent = -1023, max_exponent = 1024;
};

constexpr double kLog2E = 1.4426950408889634;

template <class T>
using Vec = typename Lanes<T>::Vector;

template <class T>
constexpr int kLanes = OMNI_VECTOR_BYTES / sizeof(T);

template <class T>
inline Vec<T> splat(T x) {
  return Vec<T>{} + x;
}

// The first `count` scalars at p; lanes beyond them are zero.
template <class T>
inline Vec<T> load(const T *p, int count) {
  if (count == kLanes<T>) return *(const typename Lanes<T>::Unaligned *)p;
  Vec<T> v{};
  for (int i = 0; i < count; ++i) v[i] = p[i];
  return v;
}

template <class T>
inline void store(T *p, Vec<T> v, int count) {
  if (count == kLanes<T>) {
    *(typename Lanes<T>::Unaligned *)p = v;
  } else {
    for (int i = 0; i < count; ++i) p[i] = v[i];
  }
}

// Asks for `count` scalars at p, for the second-level cache. Always inlined:
// GCC drops calls of a function that does nothing else.
template <class T>
__attribute__((always_inline)) inline void prefetch(const T *p, int64_t count) {
  for (int64_t i = 0; i < count; i += 64 / sizeof(T))
    __builtin_prefetch(p + i, 0, 2);
}

// x, or the end of the range beyond which 2^x is infinite or taken as zero; NaN
// stays NaN.
template <class T>
inline Vec<T> clamp_exponent(Vec<T> x) {
  const Vec<T> low = splat<T>(Lanes<T>::min_exponent);
  const Vec<T> high = splat<T>(Lanes<T>::max_exponent);
#ifdef OMNI_INTRINSIC
  // Spelled out, because GCC makes several instructions of the comparisons
  // below. These return their second operand where one of them is NaN.
  if constexpr (sizeof(T) == 4)
    return OMNI_INTRINSIC(min_ps)(high, OMNI_INTRINSIC(max_ps)(low, x));
  else
    return OMNI_INTRINSIC(min_pd)(high, OMNI_INTRINSIC(max_pd)(low, x));
#else
  x = x < low ? low : x;
  return x > high ? high : x;
#endif
}

// The polynomial of these coefficients, the constant first.
template <class T, int count>
inline Vec<T> polynomial(const T (&coefficients)[count], Vec<T> x) {
  Vec<T> p = splat<T>(coefficients[count - 1]);
#pragma GCC unroll 16
  for (int k = count - 2; k >= 0; --k) p = p * x + coefficients[k];
  return p;
}

// 2^(a b); NaN stays NaN, and results below the normal range may become 0.
template <class T>
inline Vec<T> exp2_product(Vec<T> a, Vec<T> b) {
  using L = Lanes<T>;
#ifdef OMNI_SCALEF
  if constexpr (sizeof(T) == 4) {
    // The offset costs nothing, as a product and a sum are one instruction, and
    // spares one: the next takes x - floor(x), the last multiplies by
    // 2^floor(x).
    const Vec<T> x = a * b + L::offset;
    const Vec<T> r = OMNI_INTRINSIC(reduce_ps)(x, 0x09);
    return OMNI_INTRINSIC(scalef_ps)(polynomial<T>(L::exp2_offset, r), x);
  } else {
    const Vec<T> x = a * b;
    const Vec<T> n = OMNI_INTRINSIC(roundscale_pd)(x, 0x08);
    return OMNI_INTRINSIC(scalef_pd)(polynomial<T>(L::exp2, x - n), n);
  }
#else
  const Vec<T> x = clamp_exponent<T>(a * b);
  // Adding 1.5 * 2^mantissa rounds x to an integer n and leaves n, plus the
  // exponent bias, in the low bits: shifted up they are the number 2^n.
  constexpr T bias = L::max_exponent - 1;
  constexpr T round = T(3) * T(int64_t(1) << (L::mantissa_bits - 1)) + bias;
  const Vec<T> shifted = x + round;
  const Vec<T> r = x - (shifted - round);
  const Vec<T> power =
      (Vec<T>)((typename L::Integers)shifted << L::mantissa_bits);
  return polynomial<T>(L::exp2, r) * power;
#endif
}

// log(1 + z), z in [0, 1].
template <class T>
inline Vec<T> log1p(Vec<T> z) {
  if constexpr (sizeof(T) == 4) {
    return z * polynomial<T>(Lanes<T>::log1p, z);
  } else {
    // 2 atanh(s), s = z / (2 + z) <= 1/3
    const Vec<T> s = z / (z + T(2));
    const Vec<T> s2 = s * s;
    constexpr int terms = 17;
    Vec<T> series = splat<T>(T(1) / T(2 * terms - 1));
#pragma GCC unroll 16
    for (int k = terms - 2; k >= 0; --k)
      series = series * s2 + T(1) / T(2 * k + 1);
    return T(2) * s * series;
  }
}

// e^-|x|, in [0, 1].
template <class T>
inline Vec<T> exp_of_minus_magnitude(Vec<T> x) {
  const Vec<T> magnitude = x < 0 ? -x : x;
  return exp2_product<T>(magnitude, splat<T>(-kLog2E));
}

// log(1 + e^x), and its derivative where wanted, with z = e^-|x|. As PyTorch's,
// it is x beyond 20, where z does not change a float.
template <class T, bool differentiate>
inline Vec<T> softplus(Vec<T> x, Vec<T> z, Vec<T> *derivative) {
  if constexpr (differentiate) {
    const Vec<T> sigmoid = (x < 0 ? z : splat<T>(1)) / (z + T(1));
    *derivative = x > T(20) ? splat<T>(1) : sigmoid;
  }
  const Vec<T> y = (x < 0 ? splat<T>(0) : x) + log1p<T>(z);
  if constexpr (sizeof(T) == 4) return y;
  return x > T(20) ? x : y;
}

template <int... I>
struct Indices {};
template <int N, int... I>
struct MakeIndices : MakeIndices<N - 1, N - 1, I...> {};
template <int... I>
struct MakeIndices<0, I...> {
  using type = Indices<I...>;
};

// Lane i of `fold`'s operands: the first (second) half of each group of lanes
// of a, then of b, where lanes come in groups of `group`.
constexpr int source(int i, int group, int second) {
  return i / (group / 2) * group + second * (group / 2) + i % (group / 2);
}

template <class T, int group, int... I>
inline Vec<T> fold(Vec<T> a, Vec<T> b, Indices<I...>) {
#ifdef __clang__
  return __builtin_shufflevector(a, b, source(I, group, 0)...) +
         __builtin_shufflevector(a, b, source(I, group, 1)...);
#else
  using Integers = typename Lanes<T>::Integers;
  return __builtin_shuffle(a, b, Integers{source(I, group, 0)...}) +
         __builtin_shuffle(a, b, Integers{source(I, group, 1)...});
#endif
}

// Lane i of the result is the sum over the lanes of v[i], i = 0 .. lanes - 1.
template <class T, int group = kLanes<T>>
inline Vec<T> sum_lanes(const Vec<T> *v) {
  if constexpr (group == 1) {
    return v[0];
  } else {
    using All = typename MakeIndices<kLanes<T>>::type;
    Vec<T> folded[group / 2];
#pragma GCC unroll 16
    for (int i = 0; i < group / 2; ++i)
      folded[i] = fold<T, group>(v[2 * i], v[2 * i + 1], All());
    return sum_lanes<T, group / 2>(folded);
  }
}

}  // namespace
