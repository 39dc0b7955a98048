// bfloat16: float32's upper half, rounded to nearest, ties to even. Two of them make a word: a pair along k.

INLINE size_t pairs_of(size_t count) { return (count + 1) / 2; }

/// The bfloat16 bits of each value, in the lower half of its lane. NaN stays NaN.
INLINE vint round_to_bfloat16(vfloat x) {
  typedef uint32_t vbits __attribute__((vector_size(LANES * 4)));
  vbits bits = (vbits)x;
  vbits rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  return (vint)blend(x == x, (vfloat)rounded, (vfloat)((bits >> 16) | 0x40));
}

/// The pairs (even[i], odd[i]).
INLINE vint round_pairs(vfloat even, vfloat odd) {
#if HAS_DOT && LANES == 16
  const __m512i interleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                                               6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return (vint)_mm512_permutexvar_epi16(interleaved, (__m512i)_mm512_cvtne2ps_pbh((__m512)odd, (__m512)even));
#else
  return round_to_bfloat16(even) | round_to_bfloat16(odd) << 16;
#endif
}

/// The pairs (x[0], x[1]), (x[2], x[3]), …
typedef uint32_t vpairs __attribute__((vector_size(LANES * 2), aligned(4), may_alias));
INLINE vpairs neighbouring_pairs(vfloat x) {
#if HAS_DOT && LANES == 16
  return (vpairs)_mm512_cvtneps_pbh((__m512)x);
#else
  typedef uint64_t vdoublewords __attribute__((vector_size(LANES * 4)));
  vdoublewords words = (vdoublewords)round_to_bfloat16(x);  // even | odd·2³²
  return __builtin_convertvector(words | words >> 16, vpairs);
#endif
}

/// The pairs of two consecutive vectors: a whole vector.
INLINE vfloat pairs_of_two(vfloat first, vfloat second) {
#if HAS_DOT && LANES == 16
  return (vfloat)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
#else
  const vpairs pairs[] = {neighbouring_pairs(first), neighbouring_pairs(second)};
  vfloat both;
  memcpy(&both, pairs, sizeof both);
  return both;
#endif
}

/// Rounds a row to pairs; if the count is odd, the last value is paired with zero.
INLINE void round_row(uint32_t *pairs, const float *row, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) *(vpairs *)(pairs + i / 2) = neighbouring_pairs(load(row + i));
  if (i == count) return;
  const vpairs last = neighbouring_pairs(load_first(row + i, count - i));
  memcpy(pairs + i / 2, &last, pairs_of(count - i) * sizeof(uint32_t));
}

/// sums + a.even·b.even + a.odd·b.odd in float32
INLINE vfloat dot_pairs(vfloat a, vfloat b, vfloat sums) {
#if HAS_DOT && defined(__x86_64__)
  return (vfloat)_mm512_dpbf16_ps((__m512)sums, (__m512bh)a, (__m512bh)b);
#elif HAS_DOT && defined(__aarch64__)
  return (vfloat)vbfdotq_f32((float32x4_t)sums, (bfloat16x8_t)a, (bfloat16x8_t)b);
#else
  return a * b + sums;  // never called
#endif
}
