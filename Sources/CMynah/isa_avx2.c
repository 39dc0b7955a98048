// AVX2 with FMA: 16 registers of 8 floats; a tile of 6 rows × 2 vectors keeps 12 sums.
#if defined(__x86_64__)
#define ISA_TABLE mynah_kernels_avx2
#define ISA_NAME "avx2"
#define ISA_ID MYNAH_AVX2
#define LANES 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define HAS_AMX 0
#define HAS_DOT 0
#define HAS_FMA 1
#include "kernels/prelude.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels/all.h"
#pragma clang attribute pop
#endif
