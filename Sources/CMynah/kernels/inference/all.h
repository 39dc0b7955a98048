// The inference kernels, compiled once for each instruction set by the inference_*.c files. Everything except the table
// is static.
#include "../simd.h"
#include "../vector_math.h"
#include "../bfloat16.h"
#include "quantize.h"
#include "packed.h"
#include "rounded.h"
#include "tiles.h"
#include "matrix_tiles.h"
#include "walk.h"
#include "products.h"
#include "../cells/all.h"
#include "workspace.h"
#include "reductions.h"
#include "losses.h"
#include "steps.h"
#include "advance.h"
#include "draw.h"

const mynah_inference_kernels ISA_TABLE = {
    .isa = ISA_ID,
    .name = ISA_NAME,
    .lanes = LANES,
    .has_dot8 = HAS_DOT8,
    .quantize_rows = quantize_rows,
    .packed_bytes = packed_bytes,
    .pack = pack_panels,
    .multiply_packed_bytes = multiply_packed_bytes,
    .multiply_packed = multiply_packed,
    .table_width = table_width,
    .tabulate_bytes = tabulate_bytes,
    .tabulate = tabulate,
    .advance_bytes = advance_bytes,
    .advance = advance,
    .all_finite = all_finite,
    .draw_bytes = draw_bytes,
    .draw = draw,
};
