// The tiles of C, and products made of them.

/// Tile registers 0 … 3 hold C (rows 0, columns 0; rows 0, columns 1; …), 4 and 5 the two row tiles of A, 6 and 7 the
/// two column tiles of B.
static void configure_tiles(size_t top, size_t bottom) {
  const size_t rows[8] = {top, top, bottom, bottom, top, bottom, SIDE, SIDE};
  const size_t bytes[8] = {LINE, LINE, LINE, LINE, LINE, LINE, LINE, LINE};
  configure_registers(rows, bytes);
}

/// Sums a block of k into 2 × 2 (or fewer) tiles of C.
INLINE void sum_tiles(const bool two_rows, const bool two_columns, const size_t planes, const char *a, const char *b,
                      size_t blocks) {
  const size_t a_plane = 2 * TILE_BYTES, b_plane = two_columns ? 2 * TILE_BYTES : TILE_BYTES;
#define LOAD_A(plane)                                                          \
  _tile_loadd(4, a + (plane)*a_plane, 64);                                     \
  if (two_rows) _tile_loadd(5, a + (plane)*a_plane + TILE_BYTES, 64);
#define LOAD_B(plane)                                                          \
  _tile_loadd(6, b + (plane)*b_plane, 64);                                     \
  if (two_columns) _tile_loadd(7, b + (plane)*b_plane + TILE_BYTES, 64);
#define SUM                                                                    \
  _tile_dpbf16ps(0, 4, 6);                                                     \
  if (two_columns) _tile_dpbf16ps(1, 4, 7);                                    \
  if (two_rows) _tile_dpbf16ps(2, 5, 6);                                       \
  if (two_rows && two_columns) _tile_dpbf16ps(3, 5, 7);
  for (size_t block = 0; block < blocks; block++, a += planes * a_plane, b += planes * b_plane) {
    if (planes == 1) {
      LOAD_A(0) LOAD_B(0) SUM
    } else {
      // x_i·y_j for ij = 20, 10, 11, 01, 02, 00: small products first, and each product reuses an operand of the one
      // before.
      LOAD_A(2) LOAD_B(0) SUM LOAD_A(1) SUM LOAD_B(1) SUM LOAD_A(0) SUM LOAD_B(2) SUM LOAD_B(0) SUM
    }
  }
#undef LOAD_A
#undef LOAD_B
#undef SUM
}

/// For each tile of a block of up to 2 × 2: its register, row and column.
#define EACH_TILE(action)                                                      \
  action(0, 0, 0);                                                             \
  if (two_columns) action(1, 0, 1);                                            \
  if (two_rows) action(2, 1, 0);                                               \
  if (two_rows && two_columns) action(3, 1, 1);

INLINE void load_tiles(const bool two_rows, const bool two_columns, const float *start, size_t stride, size_t top) {
#define ZERO(tile, row, column) _tile_zero(tile)
#define LOAD(tile, row, column) _tile_loadd(tile, start + (row)*top * stride + (column)*SIDE, stride * sizeof(float))
  if (start) {
    EACH_TILE(LOAD)
  } else {
    EACH_TILE(ZERO)
  }
#undef ZERO
#undef LOAD
}
INLINE void store_tiles(const bool two_rows, const bool two_columns, float *c, size_t ldc, size_t top) {
#define STORE(tile, row, column) _tile_stored(tile, c + (row)*top * ldc + (column)*SIDE, ldc * sizeof(float))
  EACH_TILE(STORE)
#undef STORE
}
#undef EACH_TILE

/// A pair of row tiles of A, `top` and `bottom` rows high, times a panel of B.
INLINE void multiply_panel(const bool two_rows, const bool two_columns, const size_t planes, float *c, size_t ldc,
                           const float *start, size_t start_stride, size_t top, size_t bottom, size_t valid,
                           const char *a, const char *b, size_t blocks) {
  if (valid >= (two_columns ? 2 * SIDE : SIDE)) {
    load_tiles(two_rows, two_columns, start, start_stride, top);
    sum_tiles(two_rows, two_columns, planes, a, b, blocks);
    store_tiles(two_rows, two_columns, c, ldc, top);
    return;
  }
  // The panel's last columns are outside C: the tiles are computed in a buffer, and only the valid columns are copied.
  float aside[2 * SIDE * 2 * SIDE];
  const size_t width = 2 * SIDE, rows = top + bottom;
  if (start)
    for (size_t r = 0; r < rows; r++) {
      memset(aside + r * width, 0, width * sizeof(float));
      memcpy(aside + r * width, start + r * start_stride, valid * sizeof(float));
    }
  load_tiles(two_rows, two_columns, start ? aside : NULL, width, top);
  sum_tiles(two_rows, two_columns, planes, a, b, blocks);
  store_tiles(two_rows, two_columns, aside, width, top);
  for (size_t r = 0; r < rows; r++) memcpy(c + r * ldc, aside + r * width, valid * sizeof(float));
}

/// Pairs of row tiles of A, all of the same height, that are gathered together.
typedef struct {
  size_t row, height, pairs, k0, k;  // rows from `row` on; the block of k and where it begins
  char *tiles;                       // [pair][block][plane][2 row tiles]
  bool fetches;                      // whether the next rows of C are prefetched
} gathered_rows;
/// If a worker's part of C has more elements, it does not stay in a near cache. The lines of each block are then
/// prefetched while the previous block is multiplied, which makes a product of 1200 × 10016 × 128 a third faster. If
/// they are already near, prefetching costs a tenth.
enum { NEAR_NUMBERS = 1 << 16 };

/// Prefetches the block of C that is written next, up to two tiles high and wide.
INLINE void fetch_rows(const float *c, size_t ldc, size_t height) {
  for (size_t r = 0; r < height; r++) {
    __builtin_prefetch(c + r * ldc, 1);
    __builtin_prefetch(c + r * ldc + SIDE, 1);
  }
}

INLINE size_t pair_bytes(size_t k, size_t planes) { return 2 * TILE_BYTES * planes * depth_blocks(k); }

/// Multiplies the gathered rows with all panels of B: a panel stays in cache for all pairs.
INLINE void multiply_gathered(const gathered_rows *g, const product *s, size_t whole_k, const size_t planes) {
  size_t group_stride = s->group_stride ? s->group_stride : KEPT_WIDTH, start_stride = g->k0 ? s->ldc : s->start_stride;
  size_t top = top_rows(g->height), bottom = g->height - top, blocks = depth_blocks(g->k);
  for (size_t p = s->panels.first; p < s->panels.last; p++) {
    size_t first = p * 2 * SIDE, valid = s->whole_vectors ? 2 * SIDE : s->n - first;
    bool two_columns = side_tiles(s->n) >= 2 * p + 2;
    const char *b = packed_tile((char *)s->packed, s->n, whole_k, planes, 2 * p, g->k0 / DEPTH);
    for (size_t pair = 0; pair < g->pairs; pair++) {
      size_t row = g->row + pair * g->height;
      const char *a = g->tiles + pair * pair_bytes(g->k, planes);
      float *c = s->c + row * s->ldc + p * group_stride;
      const float *start = g->k0 ? c : start_of(s, row, first, c);
      if (g->fetches)
        fetch_rows(pair + 1 < g->pairs ? c + g->height * s->ldc : s->c + g->row * s->ldc + (p + 1) * group_stride,
                   s->ldc, g->height);
      if (bottom && two_columns)
        multiply_panel(true, true, planes, c, s->ldc, start, start_stride, top, bottom, valid, a, b, blocks);
      else if (bottom)
        multiply_panel(true, false, planes, c, s->ldc, start, start_stride, top, bottom, valid, a, b, blocks);
      else if (two_columns)
        multiply_panel(false, true, planes, c, s->ldc, start, start_stride, top, 0, valid, a, b, blocks);
      else
        multiply_panel(false, false, planes, c, s->ldc, start, start_stride, top, 0, valid, a, b, blocks);
    }
  }
}

INLINE void multiply_planes(operand a, size_t m, size_t k, const product *products, size_t count, const size_t planes) {
  char tiles[MOST_PAIRS * 2 * SIDE * K_BLOCK * MOST_PLANES * 2] __attribute__((aligned(64)));
  // The rows are divided evenly among pairs of row tiles, unless the rows are in groups; the last pair has the
  // remainder.
  size_t most = (m + 2 * SIDE - 1) / (2 * SIDE),
         height = a.row_group_stride ? minimum(KEPT_WIDTH, m) : (m + most - 1) / most;
  size_t configured = 0;
  // At least one pass over k, so that C is written even if k is 0.
  for (size_t k0 = 0, block; k0 == 0 || k0 < k; k0 += block) {
    block = minimum(k - k0, planes == 1 ? 2 * K_BLOCK : K_BLOCK);
    for (size_t row = 0, rows; row < m; row += rows) {
      gathered_rows g = {row, minimum(height, m - row), minimum(MOST_PAIRS, (m - row) / height), k0, block, tiles,
                         false};
      if (g.pairs == 0) g.pairs = 1;
      rows = g.pairs * g.height;
      size_t top = top_rows(g.height), bottom = g.height - top;
      if (g.height != configured) configure_tiles(top, bottom);
      configured = g.height;
      for (size_t pair = 0; pair < g.pairs; pair++) {
        char *to = tiles + pair * pair_bytes(block, planes);
        gather_rows(to, a, row + pair * g.height, top, k0, block, planes);
        if (bottom) gather_rows(to + TILE_BYTES, a, row + pair * g.height + top, bottom, k0, block, planes);
      }
      for (const product *s = products; s < products + count; s++) {
        g.fetches = m * (s->panels.last - s->panels.first) * 2 * SIDE > NEAR_NUMBERS;
        multiply_gathered(&g, s, k, planes);
      }
    }
    if (k == 0) break;
  }
  _tile_release();
}
/// Computes C = start + A·B for each of several B.
static void multiply(operand a, size_t m, size_t k, const product *products, size_t count, form form) {
  if (m == 0) return;
  if (form == FORM_FEW_ROWS) multiply_few(a, m, k, products, count);
  else if (planes_of(form) == 1) multiply_planes(a, m, k, products, count, 1);
  else multiply_planes(a, m, k, products, count, MOST_PLANES);
}

// MARK: The peak

enum { TILE_PRODUCTS = 4, TILE_OPERATIONS = 2 * SIDE * SIDE * DEPTH };

/// Multiplies tiles that stay in registers: four sums, of two tiles of A and two of B, as in a product.
static void run_tiles(uint64_t rounds) {
  configure_tiles(SIDE, SIDE);
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3), _tile_zero(4), _tile_zero(5), _tile_zero(6),
      _tile_zero(7);
#pragma clang loop unroll(disable)
  for (uint64_t round = 0; round < rounds; round++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}
