// AMX: products of bfloat16 pairs, and of the bytes of several rows, on matrix tiles; everything else in AVX-512.
#if defined(__x86_64__) && defined(__linux__)
#define ISA_TABLE mynah_inference_amx
#define ISA_NAME "amx"
#define ISA_ID MYNAH_AMX
#define LANES 16
#define TILE_VECTORS 4
#define HAS_FMA 1
#define HAS_AMX 1
#define HAS_DOT 0
#define HAS_DOT8 true
#define DOT8(sum, x, w) ((vint)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(x), (__m512i)(w)))
#include "kernels/inference/prelude.h"
#pragma clang attribute push(                                                                                   \
    __attribute__((                                                                                            \
        target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,amx-tile,amx-bf16,amx-int8,avx2,fma"))), \
    apply_to = function)
#include "kernels/inference/all.h"
#pragma clang attribute pop
#endif
