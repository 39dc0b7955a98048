// NEON: 32 registers of 4 floats; a tile of 6 rows × 4 vectors keeps 24 sums. Every 64-bit Arm has it.
#if defined(__aarch64__)
#define ISA_TABLE mynah_kernels_neon
#define ISA_NAME "neon"
#define ISA_ID MYNAH_NEON
#define LANES 4
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define HAS_AMX 0
#define HAS_DOT 0
#define HAS_FMA 1
#include "kernels/prelude.h"
#include "kernels/all.h"
#endif
