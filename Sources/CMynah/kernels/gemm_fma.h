// Matrix product by fused multiply-add.
//
// B is packed in panels of at most TILE_VECTORS vectors: [panel][K][panel's columns], padded with zeros to whole
// vectors. A is read in place, one broadcast per element: rows, kept rows, or kept columns; only columns that are
// scattered in memory are gathered first. A register tile of TILE_ROWS × TILE_VECTORS sums runs over a block of K. A
// block of rows of A stays in the L2 cache while all panels are read, and a panel stays in the L1 cache while the rows
// are read. The columns are divided evenly, so no panel is nearly empty.
//
// With dot products of bfloat16 pairs (HAS_DOT), a bfloat16 product runs over pairs of k in place of
// k: B's panels are [panel][⌈K/2⌉][panel's columns] pairs, and A is rounded to pairs a block of rows at a time.
#include "transpose.h"
#include "fma/tile.h"
#include "fma/packing.h"
#include "fma/multiply.h"
