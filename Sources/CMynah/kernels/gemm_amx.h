// Matrix product on AMX tiles: 16 × 16 float32 sums of products of bfloat16 numbers, 32 k at a time.
//
// float32 products by bfloat16: a float32 value is the sum of three bfloat16 values, x = x₀ + x₁ + x₂ with 8 bits of
// significand each. A product x·y is computed as the six products x_i·y_j with i + j ≤ 2; the three left out are below
// 2⁻²⁴·|x·y|, half a unit in the last place of float32. Products of 8-bit significands are exact, sums are float32, so
// the error is that of a float32 product, which the tests check. (The method: G. Henry, P. T. P. Tang, A. Heinecke,
// "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations", 2019.) bfloat16
// products are x₀·y₀ alone.
//
// Both operands are divided into tiles of 16 × 32 elements, 1 KiB for each of the planes x₀, x₁, x₂. The caller packs
// B; A is gathered here, some pairs of row tiles at a time. Registers hold 2 × 2 tiles of C over a whole block of k.
//
// Products of few rows use multiply-adds instead.
#include "fma/tile.h"
#include "amx/registers.h"
#include "amx/layout.h"
#include "amx/splitting.h"
#include "amx/few_rows.h"
#include "amx/packing.h"
#include "amx/tiles.h"
