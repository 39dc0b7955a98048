// NEON: every 64-bit Arm has it. Products of bytes are computed in 32 bits.
#if defined(__aarch64__)
#define ISA_TABLE mynah_inference_neon
#define ISA_NAME "neon"
#define ISA_ID MYNAH_NEON
#define LANES 4
#define TILE_VECTORS 4
#define HAS_FMA 1
#define HAS_AMX 0
#define HAS_DOT 0
#define HAS_DOT8 false
#include "kernels/inference/prelude.h"
#include "kernels/inference/all.h"
#endif
