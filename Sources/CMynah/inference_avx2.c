// AVX2 with FMA: products of bytes are computed exactly, as pairs of 16-bit integers.
#if defined(__x86_64__)
#define ISA_TABLE mynah_inference_avx2
#define ISA_NAME "avx2"
#define ISA_ID MYNAH_AVX2
#define LANES 8
#define TILE_VECTORS 2
#define HAS_FMA 1
#define HAS_AMX 0
#define HAS_DOT 0
#define HAS_DOT8 false
/// The products of the even bytes and those of the odd bytes; the instruction adds each pair.
#define DOT8(sum, x, w)                                                                        \
  ((sum) + (vint)_mm256_madd_epi16((__m256i)((x) & 0x00ff00ff),                                \
                                   _mm256_srai_epi16(_mm256_slli_epi16((__m256i)(w), 8), 8)) + \
   (vint)_mm256_madd_epi16(_mm256_srli_epi16((__m256i)(x), 8), _mm256_srai_epi16((__m256i)(w), 8)))
#include "kernels/inference/prelude.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels/inference/all.h"
#pragma clang attribute pop
#endif
