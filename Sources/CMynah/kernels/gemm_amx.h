// Matrix product on AMX tiles: 16 × 16 float32 sums of products of bfloat16 numbers, 32 k at a time.
//
// float32 by bfloat16: a float32 number is the sum of three bfloat16 numbers, x = x₀ + x₁ + x₂ with 8 bits of significand
// each. A product x·y is computed as the six products x_i·y_j with i + j ≤ 2; the three left out are below 2⁻²⁴·|x·y|, half a
// unit in the last place of float32. Products of 8-bit significands are exact, sums are float32, so the error is that of a
// float32 product, which the tests check. (The method: G. Henry, P. T. P. Tang, A. Heinecke, "Leveraging the bfloat16
// artificial intelligence datatype for higher-precision computations", 2019.) bfloat16: x₀·y₀ alone.
//
// Both operands are cut into tiles of 16 × 32 numbers, 1 KiB a plane x₀, x₁, x₂. B is packed by its owner, A some pairs of row
// tiles at a time here. Registers hold 2 × 2 tiles of C over a whole block of k.

enum { SIDE = 16, DEPTH = 32, TILE_BYTES = 1024, MOST_PLANES = 3, KEPT_WIDTH = 2 * SIDE, K_BLOCK = 512,
       MOST_PAIRS = 4 };

INLINE size_t planes_of(mynah_precision precision) { return precision == MYNAH_BFLOAT16 ? 1 : MOST_PLANES; }

// MARK: Panels

INLINE size_t side_tiles(size_t n) { return (n + SIDE - 1) / SIDE; }
INLINE size_t depth_blocks(size_t k) { return (k + DEPTH - 1) / DEPTH; }
/// A panel is a pair of tile columns; the last may be a single one.
INLINE range all_panels(size_t n) { return (range){0, (side_tiles(n) + 1) / 2}; }
/// The first column of a panel.
INLINE size_t panel_start(size_t n, size_t panel) {
  (void)n;
  return panel * 2 * SIDE;
}
INLINE size_t packed_size(size_t n, size_t k) {
  return side_tiles(n) * depth_blocks(k) * MOST_PLANES * (TILE_BYTES / sizeof(float));
}

// MARK: Kept matrices

/// Panels of KEPT_WIDTH columns, all rows of one after another: [panel][row][KEPT_WIDTH]. So a tile's worth of rows, or of
/// columns, stands together.
INLINE size_t kept_size(size_t rows, size_t n) { return (n + KEPT_WIDTH - 1) / KEPT_WIDTH * KEPT_WIDTH * rows; }
INLINE float *kept_vector(float *kept, size_t rows, size_t n, size_t r, size_t v) {
  (void)n;
  return kept + (v / 2 * rows + r) * KEPT_WIDTH + v % 2 * LANES;
}
/// The rows from `row0` on as a product's A.
INLINE operand kept_rows(const float *kept, size_t rows, size_t n, size_t row0) {
  (void)n;
  return (operand){kept + row0 * KEPT_WIDTH, KEPT_WIDTH, 1, 0, rows * KEPT_WIDTH};
}
/// The columns from `first` on (a panel's first), of the rows from `row0` on, as a product's A.
INLINE operand kept_columns(const float *kept, size_t rows, size_t n, size_t row0, size_t first) {
  (void)n;
  return (operand){kept + first * rows + row0 * KEPT_WIDTH, 1, KEPT_WIDTH, rows * KEPT_WIDTH, 0};
}
/// `count` columns from `first` on (a panel's first), of the rows from `row0` on, as a product's C. Sums begin with one row, a bias,
/// or with what stands there where it is NULL.
INLINE product kept_product(float *kept, size_t rows, size_t n, size_t row0, size_t first, size_t count, const float *bias,
                            const float *packed) {
  (void)n;
  float *c = kept + first * rows + row0 * KEPT_WIDTH;
  return (product){c, KEPT_WIDTH, bias ? bias : c, bias ? 0 : KEPT_WIDTH, packed, count, all_panels(count), true, rows * KEPT_WIDTH};
}

// MARK: Numbers as sums of bfloat16 numbers

/// Rounds 32 numbers to bfloat16, plane after plane: each plane holds what the ones before it left over.
INLINE void split(vfloat low, vfloat high, size_t planes, __m512i result[MOST_PLANES]) {
#pragma clang loop unroll(full)
  for (size_t p = 0; p < planes; p++) {
    __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
    result[p] = rounded;
    if (p + 1 == planes) break;
    low -= (vfloat)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(rounded)), 16);
    high -= (vfloat)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(rounded, 1)), 16);
  }
}

/// Transposes 16 × 16 words of 32 bits.
INLINE void transpose(__m512i r[SIDE]) {
  __m512i t[SIDE];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < SIDE; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < SIDE; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xDD);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xDD);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xDD);
  }
}

INLINE __mmask16 first_lanes(size_t count) { return count >= LANES ? 0xFFFF : (__mmask16)((1u << count) - 1); }
INLINE vfloat load_masked(__mmask16 mask, const float *p) { return (vfloat)_mm512_maskz_loadu_ps(mask, p); }

/// A tile of all planes from 16 (`sides`) lines of 32 (`depth`) numbers that stand together along k: as A's tile, or transposed
/// as B's. Planes of a tile stand `plane_stride` bytes apart.
INLINE void tile_along_k(char *to, size_t plane_stride, const float *from, size_t stride, size_t sides, size_t depth,
                         size_t planes, bool transposed) {
  __m512i lines[MOST_PLANES][SIDE];
  __mmask16 low = first_lanes(depth), high = first_lanes(depth > LANES ? depth - LANES : 0);
  for (size_t i = 0; i < SIDE; i++) {
    __m512i line[MOST_PLANES] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    if (i < sides) split(load_masked(low, from + i * stride), load_masked(high, from + i * stride + LANES), planes, line);
    else if (!transposed) break;
    for (size_t p = 0; p < planes; p++)
      if (transposed) lines[p][i] = line[p];
      else _mm512_store_si512(to + p * plane_stride + i * 64, line[p]);
  }
  if (!transposed) return;
  for (size_t p = 0; p < planes; p++) {
    transpose(lines[p]);
    for (size_t i = 0; i < SIDE; i++) _mm512_store_si512(to + p * plane_stride + i * 64, lines[p][i]);
  }
}

/// Two lines of one k each, interleaved: the 16 pairs (k, k + 1).
INLINE void split_pair(vfloat even, vfloat odd, size_t planes, __m512i result[MOST_PLANES]) {
  const __m512i interleaved =
      _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17,
                       1, 16, 0);
  split(even, odd, planes, result);
#pragma clang loop unroll(full)
  for (size_t p = 0; p < planes; p++) result[p] = _mm512_permutexvar_epi16(interleaved, result[p]);
}

// MARK: Packing B

/// Where tile column `column` of block `block` stands in a packed B.
INLINE char *packed_tile(char *packed, size_t n, size_t k, size_t planes, size_t column, size_t block) {
  size_t columns = column / 2 * 2 + 2 <= side_tiles(n) ? 2 : 1;  // in this panel
  return packed + (column / 2 * 2 * depth_blocks(k) + block * columns) * planes * TILE_BYTES + column % 2 * TILE_BYTES;
}
INLINE size_t plane_stride_of(size_t n, size_t column) { return column / 2 * 2 + 2 <= side_tiles(n) ? 2 * TILE_BYTES : TILE_BYTES; }

INLINE void pack_planes(float *packed, source_rows b, size_t k, size_t n, range panels, const size_t planes) {
  enum { STRIP = 16 };  // tile columns that are walked along a row together: 1 KiB of each line of b
  size_t last = minimum(2 * panels.last, side_tiles(n));
  for (size_t strip = 2 * panels.first; strip < last; strip += STRIP)
    for (size_t pair = 0; pair < depth_blocks(k) * SIDE; pair++) {
      const float *rows[2] = {NULL, NULL};
      vfloat scales[2] = {splat(1), splat(1)};
      for (size_t j = 0; j < 2 && 2 * pair + j < k; j++) {
        rows[j] = source_row(&b, 2 * pair + j);
        if (b.scales) scales[j] = splat(b.scales[2 * pair + j]);
      }
      for (size_t column = strip; column < minimum(last, strip + STRIP); column++) {
        __mmask16 mask = first_lanes(n - column * SIDE);
        vfloat lines[2] = {{0}, {0}};
        for (size_t j = 0; j < 2; j++)
          if (rows[j]) lines[j] = load_masked(mask, rows[j] + column * SIDE) * scales[j];
        __m512i result[MOST_PLANES];
        split_pair(lines[0], lines[1], planes, result);
        char *to = packed_tile((char *)packed, n, k, planes, column, pair / SIDE) + pair % SIDE * 64;
        for (size_t p = 0; p < planes; p++) _mm512_store_si512(to + p * plane_stride_of(n, column), result[p]);
      }
    }
}
static void pack(float *packed, source_rows b, size_t k, size_t n, range panels, mynah_precision precision) {
  if (planes_of(precision) == 1) pack_planes(packed, b, k, n, panels, 1);
  else pack_planes(packed, b, k, n, panels, MOST_PLANES);
}

INLINE void pack_transposed_planes(float *packed, const float *b, size_t ld, size_t k, size_t n, range panels, const size_t planes) {
  char *base = (char *)packed;
  for (size_t column = 2 * panels.first; column < minimum(2 * panels.last, side_tiles(n)); column++)
    for (size_t block = 0; block < depth_blocks(k); block++)
      tile_along_k(packed_tile(base, n, k, planes, column, block), plane_stride_of(n, column),
                   b + column * SIDE * ld + block * DEPTH, ld, minimum(SIDE, n - column * SIDE), k - block * DEPTH, planes, true);
}
/// Packs panels of B[k][n] given as its transpose, b[n][k] row-major with ld.
static void pack_transposed(float *packed, const float *b, size_t ld, size_t k, size_t n, range panels, mynah_precision precision) {
  if (planes_of(precision) == 1) pack_transposed_planes(packed, b, ld, k, n, panels, 1);
  else pack_transposed_planes(packed, b, ld, k, n, panels, MOST_PLANES);
}

// MARK: A's tiles

/// Where element (row, k) stands; k begins a block.
INLINE const float *element(const operand *a, size_t row, size_t k) {
  const float *p = a->base;
  p += a->row_group_stride ? row / KEPT_WIDTH * a->row_group_stride + row % KEPT_WIDTH * a->row_stride : row * a->row_stride;
  return p + (a->k_group_stride ? k / KEPT_WIDTH * a->k_group_stride : k * a->k_stride);
}

/// A's tile of all planes from `depth` lines of up to 16 numbers (`rows`), a line for each k.
INLINE void tile_across_k(char *to, const float *from, size_t k_stride, size_t rows, size_t depth, const size_t planes) {
  __mmask16 mask = first_lanes(rows);
  __m512i lines[2][SIDE];
  if (planes == 1) {  // rounded first: half as much to transpose
    for (size_t pair = 0; pair < SIDE; pair++) {
      vfloat even = {0}, odd = {0};
      if (2 * pair < depth) even = load_masked(mask, from + 2 * pair * k_stride);
      if (2 * pair + 1 < depth) odd = load_masked(mask, from + (2 * pair + 1) * k_stride);
      split_pair(even, odd, 1, &lines[0][pair]);
    }
    transpose(lines[0]);
    for (size_t r = 0; r < rows; r++) _mm512_store_si512(to + r * 64, lines[0][r]);
    return;
  }
  for (size_t half = 0; half < 2; half++) {  // transposed first: planes would be three times as much
    for (size_t i = 0; i < SIDE; i++) {
      vfloat line = {0};
      if (half * SIDE + i < depth) line = load_masked(mask, from + (half * SIDE + i) * k_stride);
      lines[half][i] = (__m512i)line;
    }
    transpose(lines[half]);
  }
  for (size_t r = 0; r < rows; r++) {
    __m512i row[MOST_PLANES];
    split((vfloat)lines[0][r], (vfloat)lines[1][r], planes, row);
    for (size_t p = 0; p < planes; p++) _mm512_store_si512(to + p * 2 * TILE_BYTES + r * 64, row[p]);
  }
}

/// The tiles of up to 16 rows of A over a block of k: [block][plane][2 row tiles]; `to` is one of the two.
INLINE void gather_rows(char *to, operand a, size_t row, size_t rows, size_t k0, size_t k, const size_t planes) {
  for (size_t block = 0; block < depth_blocks(k); block++, to += 2 * planes * TILE_BYTES) {
    size_t depth = minimum(DEPTH, k - block * DEPTH);
    const float *from = element(&a, row, k0 + block * DEPTH);
    if (a.k_stride == 1) {
      tile_along_k(to, 2 * TILE_BYTES, from, a.row_stride, rows, depth, planes, false);
      continue;
    }
    tile_across_k(to, from, a.k_stride, rows, depth, planes);
  }
}

// MARK: The tiles of C

/// Tile registers 0 … 3 hold C (rows 0, columns 0; rows 0, columns 1; …), 4 and 5 the two row tiles of A, 6 and 7 the two column
/// tiles of B.
static void configure_tiles(size_t top, size_t bottom) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } shape = {.palette = 1};
  const size_t rows[8] = {top, top, bottom, bottom, top, bottom, SIDE, SIDE};
  for (size_t i = 0; i < 8; i++) {
    shape.rows[i] = (uint8_t)(rows[i] ? rows[i] : 1);
    shape.bytes[i] = 64;
  }
  _tile_loadconfig(&shape);
}

/// Sums a block of k into 2 × 2 (or fewer) tiles of C.
INLINE void sum_tiles(const bool two_rows, const bool two_columns, const size_t planes, const char *a, const char *b, size_t blocks) {
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
    } else {  // x_i·y_j for ij = 20, 10, 11, 01, 02, 00: small before large, and one operand stays from each to the next
      LOAD_A(2) LOAD_B(0) SUM LOAD_A(1) SUM LOAD_B(1) SUM LOAD_A(0) SUM LOAD_B(2) SUM LOAD_B(0) SUM
    }
  }
#undef LOAD_A
#undef LOAD_B
#undef SUM
}

/// Where the sums of a 2 × 2 block begin or end: one pointer a tile, `stride` in bytes between its rows.
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
                           const float *start, size_t start_stride, size_t top, size_t bottom, size_t valid, const char *a,
                           const char *b, size_t blocks) {
  if (valid >= (two_columns ? 2 * SIDE : SIDE)) {
    load_tiles(two_rows, two_columns, start, start_stride, top);
    sum_tiles(two_rows, two_columns, planes, a, b, blocks);
    store_tiles(two_rows, two_columns, c, ldc, top);
    return;
  }
  // The panel's last columns are not C's own: computed aside, then only the valid columns are copied.
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

/// Some pairs of row tiles of A, all of one height, that are gathered together.
typedef struct {
  size_t row, height, pairs, k0, k;  // rows from `row` on; the block of k and where it begins
  char *tiles;                       // [pair][block][plane][2 row tiles]
} gathered_rows;

INLINE size_t pair_bytes(size_t k, size_t planes) { return 2 * TILE_BYTES * planes * depth_blocks(k); }
INLINE size_t top_rows(size_t height) { return height <= SIDE ? height : height == 2 * SIDE ? SIDE : (height + 1) / 2; }

/// The gathered rows times all panels of B: a panel stays near while the pairs go by.
INLINE void multiply_gathered(const gathered_rows *g, const product *s, size_t whole_k, const size_t planes) {
  size_t panel_stride = s->panel_stride ? s->panel_stride : 2 * SIDE, start_stride = g->k0 ? s->ldc : s->start_stride;
  size_t top = top_rows(g->height), bottom = g->height - top, blocks = depth_blocks(g->k);
  for (size_t p = s->panels.first; p < s->panels.last; p++) {
    size_t first = p * 2 * SIDE, valid = s->whole_vectors ? 2 * SIDE : s->n - first;
    bool two_columns = side_tiles(s->n) >= 2 * p + 2;
    const char *b = packed_tile((char *)s->packed, s->n, whole_k, planes, 2 * p, g->k0 / DEPTH);
    for (size_t pair = 0; pair < g->pairs; pair++) {
      size_t row = g->row + pair * g->height;
      const char *a = g->tiles + pair * pair_bytes(g->k, planes);
      float *c = s->c + row * s->ldc + p * panel_stride;
      const float *start = g->k0 || s->start == s->c ? c : s->start ? s->start + row * s->start_stride + first : NULL;
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
  // Pairs of row tiles share the rows evenly, unless these stand in groups; what is left over is a lower pair.
  size_t most = (m + 2 * SIDE - 1) / (2 * SIDE), height = a.row_group_stride ? minimum(KEPT_WIDTH, m) : (m + most - 1) / most;
  size_t configured = 0;
  // One pass over k at least, so that C is written when k is 0.
  for (size_t k0 = 0, block; k0 == 0 || k0 < k; k0 += block) {
    block = minimum(k - k0, planes == 1 ? 2 * K_BLOCK : K_BLOCK);
    for (size_t row = 0, rows; row < m; row += rows) {
      gathered_rows g = {row, minimum(height, m - row), minimum(MOST_PAIRS, (m - row) / height), k0, block, tiles};
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
      for (const product *s = products; s < products + count; s++) multiply_gathered(&g, s, k, planes);
    }
    if (k == 0) break;
  }
  _tile_release();
}
/// C = start + A·B for each of some B.
static void multiply(operand a, size_t m, size_t k, const product *products, size_t count, mynah_precision precision) {
  if (m == 0) return;
  if (planes_of(precision) == 1) multiply_planes(a, m, k, products, count, 1);
  else multiply_planes(a, m, k, products, count, MOST_PLANES);
}
