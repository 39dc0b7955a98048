// NEON with dot products of bfloat16 pairs (Armv8.6).
#if defined(__aarch64__)
#define ISA_TABLE mynah_inference_neon_bf16
#define ISA_NAME "neon-bf16"
#define ISA_ID MYNAH_NEON_BF16
#define LANES 4
#define TILE_VECTORS 4
#define HAS_FMA 1
#define HAS_AMX 0
#define HAS_DOT 1
#define HAS_DOT8 false
#include "kernels/inference/prelude.h"
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("bf16"))), apply_to = function)
#include "kernels/inference/all.h"
#pragma clang attribute pop
#endif
