// Vectors of LANES floats in Clang's vector types. The debug information of inlined kernels would triple its total size
// in optimised builds; only sanitizers need it.
#if defined(__OPTIMIZE__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define WITHOUT_DEBUG __attribute__((nodebug))
#else
#define WITHOUT_DEBUG
#endif
#define INLINE static inline __attribute__((always_inline, unused)) WITHOUT_DEBUG

/// Hides a pointer's value from the compiler, which would otherwise step through the rows of a tile with one pointer: a
/// chain of additions that takes as long as the multiply-adds of a tile of 6 × 2 vectors.
#define OPAQUE(pointer) __asm__("" : "+r"(pointer))

typedef float vfloat __attribute__((vector_size(LANES * 4), may_alias));
typedef int32_t vint __attribute__((vector_size(LANES * 4), may_alias));
typedef vfloat vfloat_unaligned __attribute__((aligned(4)));

INLINE vfloat load(const float *p) { return *(const vfloat_unaligned *)p; }
INLINE void store(float *p, vfloat v) { *(vfloat_unaligned *)p = v; }
// x − 0 equals x even for −0, so the compiler removes the subtraction. x + 0 differs from x for −0, so it would cost as
// much as a multiplication.
INLINE vfloat splat(float x) { return x - (vfloat){0}; }
/// Copies the same four bytes, of any type, to every lane.
INLINE vfloat splat_bits(const float *p) {
  int32_t bits;
  memcpy(&bits, p, sizeof bits);
  return (vfloat)(bits - (vint){0});
}
INLINE vfloat blend(vint condition, vfloat yes, vfloat no) {
  return (vfloat)((condition & (vint)yes) | (~condition & (vint)no));
}

/// a·b + c
INLINE vfloat fma_(vfloat a, vfloat b, vfloat c) {
#if HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// 1 / x for normal x whose reciprocal is normal too. AVX-512 divides a vector in 16 cycles; a 14-bit estimate and a
/// Newton step, y + y·(1 − x·y), take a quarter of that, with an error of at most 1 ulp.
INLINE vfloat reciprocal(vfloat x) {
#if LANES == 16
  vfloat y = (vfloat)_mm512_rcp14_ps((__m512)x);
  return fma_(y, fma_(-x, y, splat(1)), y);
#else
  return 1.0f / x;
#endif
}

INLINE float largest_lane(vfloat x) {
  float largest = x[0];
  for (int lane = 1; lane < LANES; lane++) largest = x[lane] > largest ? x[lane] : largest;
  return largest;
}
INLINE double sum_of_lanes(vfloat x) {
  double sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += x[lane];
  return sum;
}

/// The first `count` ≤ LANES floats, the rest zero.
INLINE vfloat load_first(const float *p, size_t count) {
  if (count == LANES) return load(p);
  vfloat v = {0};
  memcpy(&v, p, count * sizeof(float));
  return v;
}
INLINE void store_first(float *p, vfloat v, size_t count) {
  if (count == LANES) store(p, v);
  else memcpy(p, &v, count * sizeof(float));
}

/// The start of the first cache line at or after p, at most ALIGNMENT floats further.
enum { ALIGNMENT = 16 };
INLINE float *aligned(float *p) { return (float *)(((uintptr_t)p + 63) & ~(uintptr_t)63); }
INLINE size_t minimum(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t vectors_of(size_t count) { return (count + LANES - 1) / LANES; }
INLINE size_t padded(size_t count) { return vectors_of(count) * LANES; }

/// A worker's share of 0 ..< count: contiguous, sizes differ by one at the most.
typedef struct {
  size_t first, last;
} range;
INLINE range share(size_t count, const mynah_worker *worker) {
  size_t thread = (size_t)worker->thread, threads = (size_t)worker->count;
  return (range){count * thread / threads, count * (thread + 1) / threads};
}
