// AVX-512 with dot products of bfloat16 pairs.
#if defined(__x86_64__)
#define ISA_TABLE mynah_kernels_avx512_bf16
#define ISA_NAME "avx512-bf16"
#define ISA_ID MYNAH_AVX512_BF16
#define LANES 16
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define HAS_AMX 0
#define HAS_DOT 1
#define HAS_FMA 1
#include "kernels/prelude.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), \
                             apply_to = function)
#include "kernels/all.h"
#pragma clang attribute pop
#endif
