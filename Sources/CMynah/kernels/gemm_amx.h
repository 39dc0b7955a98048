// Matrix product on AMX tiles: 16 × 16 float32 sums of products of bfloat16 numbers, 32 k at a time.
//
// float32 by bfloat16: a float32 number is the sum of three bfloat16 numbers, x = x₀ + x₁ + x₂ with 8 bits of
// significand each. A product x·y is computed as the six products x_i·y_j with i + j ≤ 2; the three left out are below
// 2⁻²⁴·|x·y|, half a unit in the last place of float32. Products of 8-bit significands are exact, sums are float32, so
// the error is that of a float32 product, which the tests check. (The method: G. Henry, P. T. P. Tang, A. Heinecke,
// "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations", 2019.) bfloat16: x₀·y₀
// alone.
//
// Both operands are cut into tiles of 16 × 32 numbers, 1 KiB a plane x₀, x₁, x₂. B is packed by its owner, A some pairs
// of row tiles at a time here. Registers hold 2 × 2 tiles of C over a whole block of k.
//
// Products of few rows are left to multiply-adds.
#include "fma/tile.h"
#include "amx/registers.h"
#include "amx/layout.h"
#include "amx/splitting.h"
#include "amx/few_rows.h"
#include "amx/packing.h"
#include "amx/tiles.h"
