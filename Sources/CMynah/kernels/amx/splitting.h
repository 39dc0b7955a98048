// Tiles of bfloat16 values from float32 values, for packing B and gathering A.

INLINE __mmask16 first_lanes(size_t count) { return count >= LANES ? 0xFFFF : (__mmask16)((1u << count) - 1); }
INLINE vfloat load_masked(__mmask16 mask, const float *p) { return (vfloat)_mm512_maskz_loadu_ps(mask, p); }

/// Rounds 32 values to bfloat16, one plane after another: each plane contains the rounded remainder of the planes
/// before it.
INLINE void split(vfloat low, vfloat high, size_t planes, __m512i result[MOST_PLANES]) {
#pragma clang loop unroll(full)
  for (size_t p = 0; p < planes; p++) {
    __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
    result[p] = rounded;
    if (p + 1 == planes) break;
    low -= (vfloat)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(rounded)), 16);
    high -= (vfloat)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(rounded, 1)), 16);
  }
}

/// Transposes 16 × 16 words of 32 bits. Written in intrinsics, unlike kernels/transpose.h, because this made packing a
/// tenth faster.
INLINE void transpose(__m512i r[SIDE]) {
  __m512i t[SIDE];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < SIDE; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < SIDE; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xDD);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xDD);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xDD);
  }
}

/// Writes a tile for all planes from up to 16 (`sides`) lines of up to 32 (`depth`) values that are contiguous along k:
/// as A's tile, or transposed as B's. Planes of a tile are `plane_stride` bytes apart.
INLINE void tile_along_k(char *to, size_t plane_stride, const float *from, size_t stride, size_t sides, size_t depth,
                         size_t planes, bool transposed) {
  __m512i lines[MOST_PLANES][SIDE];
  __mmask16 low = first_lanes(depth), high = first_lanes(depth > LANES ? depth - LANES : 0);
  for (size_t i = 0; i < SIDE; i++) {
    __m512i line[MOST_PLANES] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    if (i < sides)
      split(load_masked(low, from + i * stride), load_masked(high, from + i * stride + LANES), planes, line);
    else if (!transposed) break;
    for (size_t p = 0; p < planes; p++)
      if (transposed) lines[p][i] = line[p];
      else _mm512_store_si512(to + p * plane_stride + i * 64, line[p]);
  }
  if (!transposed) return;
  for (size_t p = 0; p < planes; p++) {
    transpose(lines[p]);
    for (size_t i = 0; i < SIDE; i++) _mm512_store_si512(to + p * plane_stride + i * 64, lines[p][i]);
  }
}

/// Splits two lines, for k and k + 1, and interleaves them: the 16 pairs (k, k + 1).
INLINE void split_pair(vfloat even, vfloat odd, size_t planes, __m512i result[MOST_PLANES]) {
  const __m512i interleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                                               6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  split(even, odd, planes, result);
#pragma clang loop unroll(full)
  for (size_t p = 0; p < planes; p++) result[p] = _mm512_permutexvar_epi16(interleaved, result[p]);
}
