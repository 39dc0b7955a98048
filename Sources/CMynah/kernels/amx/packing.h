// Packing B, gathering A.

/// The address of tile column `column` of block `block` in a packed B.
INLINE char *packed_tile(char *packed, size_t n, size_t k, size_t planes, size_t column, size_t block) {
  size_t columns = column / 2 * 2 + 2 <= side_tiles(n) ? 2 : 1;  // in this panel
  return packed + (column / 2 * 2 * depth_blocks(k) + block * columns) * planes * TILE_BYTES + column % 2 * TILE_BYTES;
}
INLINE size_t plane_stride_of(size_t n, size_t column) {
  return column / 2 * 2 + 2 <= side_tiles(n) ? 2 * TILE_BYTES : TILE_BYTES;
}

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
static void pack(float *packed, source_rows b, size_t k, size_t n, range panels, form form) {
  if (form == FORM_FEW_ROWS) pack_few(packed, b, k, n, panels);
  else if (planes_of(form) == 1) pack_planes(packed, b, k, n, panels, 1);
  else pack_planes(packed, b, k, n, panels, MOST_PLANES);
}

INLINE void pack_transposed_planes(float *packed, const float *b, size_t ld, size_t k, size_t n, range panels,
                                   const size_t planes) {
  char *base = (char *)packed;
  for (size_t column = 2 * panels.first; column < minimum(2 * panels.last, side_tiles(n)); column++)
    for (size_t block = 0; block < depth_blocks(k); block++)
      tile_along_k(packed_tile(base, n, k, planes, column, block), plane_stride_of(n, column),
                   b + column * SIDE * ld + block * DEPTH, ld, minimum(SIDE, n - column * SIDE), k - block * DEPTH,
                   planes, true);
}
/// Packs panels of B[k][n] given as its transpose, b[n][k] row-major with ld.
static void pack_transposed(float *packed, const float *b, size_t ld, size_t k, size_t n, range panels, form form) {
  if (form == FORM_FEW_ROWS) pack_few_transposed(packed, b, ld, k, n, panels);
  else if (planes_of(form) == 1) pack_transposed_planes(packed, b, ld, k, n, panels, 1);
  else pack_transposed_planes(packed, b, ld, k, n, panels, MOST_PLANES);
}

// MARK: A's tiles

/// Writes A's tile for all planes from `depth` lines, one per k, of up to 16 values (`rows`).
INLINE void tile_across_k(char *to, const float *from, size_t k_stride, size_t rows, size_t depth,
                          const size_t planes) {
  __mmask16 mask = first_lanes(rows);
  __m512i lines[2][SIDE];
  if (planes == 1) {  // rounding first halves the data to transpose
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
  for (size_t half = 0; half < 2; half++) {  // transposing first, because three planes are more data
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

/// Writes the tiles of up to 16 rows of A over a block of k: [block][plane][2 row tiles]; `to` is one of the two.
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
