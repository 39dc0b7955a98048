// AVX2 with the instruction that sums products of four bytes.
#if defined(__x86_64__)
#define ISA_TABLE mynah_inference_avx_vnni
#define ISA_NAME "avx-vnni"
#define ISA_ID MYNAH_AVX2
#define LANES 8
#define TILE_VECTORS 2
#define HAS_FMA 1
#define HAS_AMX 0
#define HAS_DOT 0
#define HAS_DOT8 true
#define DOT8(sum, x, w) ((vint)_mm256_dpbusd_avx_epi32((__m256i)(sum), (__m256i)(x), (__m256i)(w)))
#include "kernels/inference/prelude.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#include "kernels/inference/all.h"
#pragma clang attribute pop
#endif
