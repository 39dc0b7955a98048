// AMX with AVX-512: products on tiles of bfloat16 values, everything else in AVX-512.
#if defined(__x86_64__) && defined(__linux__)
#define ISA_TABLE mynah_kernels_amx
#define ISA_NAME "amx"
#define ISA_ID MYNAH_AMX
#define LANES 16
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define HAS_DOT 0
#define HAS_FMA 1
#define HAS_AMX 1
#include "kernels/prelude.h"
#include <immintrin.h>
#pragma clang attribute push(                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16,avx2,fma"))), \
    apply_to = function)
#include "kernels/all.h"
#pragma clang attribute pop
#endif
