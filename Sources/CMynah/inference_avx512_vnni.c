// AVX-512 with the instruction that sums products of four bytes.
#if defined(__x86_64__)
#define ISA_TABLE mynah_inference_avx512_vnni
#define ISA_NAME "avx512-vnni"
#define ISA_ID MYNAH_AVX512
#define LANES 16
#define TILE_VECTORS 4
#define HAS_FMA 1
#define HAS_AMX 0
#define HAS_DOT 0
#define HAS_DOT8 true
#define DOT8(sum, x, w) ((vint)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(x), (__m512i)(w)))
#include "kernels/inference/prelude.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), \
                             apply_to = function)
#include "kernels/inference/all.h"
#pragma clang attribute pop
#endif
