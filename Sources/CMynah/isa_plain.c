// Plain C in vectors of 4 floats, without fused multiply-add: works on every compiler target.
#define ISA_TABLE mynah_kernels_plain
#define ISA_NAME "plain"
#define ISA_ID MYNAH_PLAIN
#define LANES 4
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define HAS_AMX 0
#define HAS_DOT 0
#define HAS_FMA 0
#include "kernels/prelude.h"
#include "kernels/all.h"
