// Matrix product by fused multiply-add.
//
// B is packed in panels of at most TILE_VECTORS vectors: [panel][K][panel's columns], padded with zeros to whole vectors. A is
// read where it lies, a broadcast an element; only columns that are scattered over memory are gathered first. A register tile
// of TILE_ROWS × TILE_VECTORS sums runs over K; the panel (outer loop) stays in the nearest cache while A streams by (inner
// loop). Widths are shared out evenly, so no panel is nearly empty.

enum { TILE_LANES = TILE_VECTORS * LANES, K_BLOCK = 512 };

// MARK: Panels

/// The vectors of panel `index` when `vectors` are shared out over the fewest panels possible.
INLINE range panel_vectors(size_t vectors, size_t index) {
  size_t panels = (vectors + TILE_VECTORS - 1) / TILE_VECTORS;
  return (range){vectors * index / panels, vectors * (index + 1) / panels};
}
INLINE size_t panel_count(size_t vectors) { return (vectors + TILE_VECTORS - 1) / TILE_VECTORS; }
INLINE range all_panels(size_t n) { return (range){0, panel_count(vectors_of(n))}; }
INLINE size_t packed_size(size_t n, size_t k) { return padded(n) * k; }

static void pack(float *restrict packed, source_rows b, size_t k, size_t n, range panels, mynah_precision precision) {
  (void)precision;
  size_t vectors = vectors_of(n);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(vectors, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    float *to = packed + first * k;
    for (size_t i = 0; i < k; i++, to += width) {
      const float *from = source_row(&b, i);
      if (!from) {
        memset(to, 0, width * sizeof(float));
        continue;
      }
      from += first;
      vfloat scale = splat(b.scales ? b.scales[i] : 1);
      size_t j = 0;
      for (; j + LANES <= valid; j += LANES) store(to + j, load(from + j) * scale);
      if (j < width) store(to + j, load_first(from + j, valid - j) * scale);
    }
  }
}

/// Packs panels of B[k][n] given as its transpose, b[n][k] row-major with ld.
static void pack_transposed(float *restrict packed, const float *restrict b, size_t ld, size_t k, size_t n, range panels,
                            mynah_precision precision) {
  (void)precision;
  size_t vectors = vectors_of(n);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(vectors, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    float *to = packed + first * k;
    // Blocks of 16 k: the lines written stay in the nearest cache while the rows of b are walked along.
    for (size_t k0 = 0; k0 < k; k0 += 16) {
      size_t k1 = minimum(k0 + 16, k);
      for (size_t j = 0; j < valid; j++)
        for (size_t i = k0; i < k1; i++) to[i * width + j] = b[(first + j) * ld + i];
      for (size_t i = k0; i < k1; i++)
        for (size_t j = valid; j < width; j++) to[i * width + j] = 0;
    }
  }
}

// MARK: Kept matrices

/// Rows of `n` columns, an odd number of vectors apart, which spreads a column over all sets of a cache.
INLINE size_t kept_stride(size_t n) { return (vectors_of(n) | 1) * LANES; }
INLINE size_t kept_size(size_t rows, size_t n) { return rows * kept_stride(n); }
INLINE float *kept_vector(float *kept, size_t rows, size_t n, size_t r, size_t v) {
  (void)rows;
  return kept + r * kept_stride(n) + v * LANES;
}
/// The rows from `row0` on as a product's A.
INLINE operand kept_rows(const float *kept, size_t rows, size_t n, size_t row0) {
  (void)rows;
  return rows_of(kept + row0 * kept_stride(n), kept_stride(n));
}
INLINE operand kept_columns(const float *kept, size_t rows, size_t n) {
  (void)rows;
  return columns_of(kept, kept_stride(n));
}
/// The rows from `row0` on as a product's C; sums begin with one row, a bias.
INLINE product kept_product(float *kept, size_t rows, size_t n, size_t row0, const float *bias, const float *packed) {
  (void)rows;
  return (product){kept + row0 * kept_stride(n), kept_stride(n), bias, 0, packed, n, all_panels(n), true, 0};
}

// MARK: The register tile

/// c[rows][vectors·LANES] = start + A·B over one block of k; `start_stride` 0 repeats one row (a bias), start NULL is zero.
INLINE void tile(const size_t rows, const size_t vectors, float *c, size_t ldc, const float *start, size_t start_stride,
                 const float *a, size_t row_stride, size_t k_stride, const float *b, size_t k) {
  vfloat sums[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) sums[r][v] = start ? load(start + r * start_stride + v * LANES) : splat(0);
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < k; i++, a += k_stride, b += vectors * LANES) {
    vfloat columns[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) columns[v] = load(b + v * LANES);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      vfloat element = splat(a[r * row_stride]);
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) sums[r][v] = fma_(element, columns[v], sums[r][v]);
    }
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) store(c + r * ldc + v * LANES, sums[r][v]);
}

typedef void (*tile_function)(float *c, size_t ldc, const float *start, size_t start_stride, const float *a, size_t row_stride,
                              size_t k_stride, const float *b, size_t k);

#define TILE(rows, vectors)                                                                                                   \
  static void tile_##rows##_##vectors(float *c, size_t ldc, const float *start, size_t start_stride, const float *a,           \
                                      size_t row_stride, size_t k_stride, const float *b, size_t k) {                        \
    tile(rows, vectors, c, ldc, start, start_stride, a, row_stride, k_stride, b, k);                                          \
  }
#if TILE_VECTORS == 4
#define TILES_OF(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 3) TILE(rows, 4)
#define TILE_NAMES(rows) {tile_##rows##_1, tile_##rows##_2, tile_##rows##_3, tile_##rows##_4}
#else
#define TILES_OF(rows) TILE(rows, 1) TILE(rows, 2)
#define TILE_NAMES(rows) {tile_##rows##_1, tile_##rows##_2}
#endif
TILES_OF(1) TILES_OF(2) TILES_OF(3) TILES_OF(4)
#if TILE_ROWS == 6
TILES_OF(5) TILES_OF(6)
#endif
static const tile_function tiles[TILE_ROWS][TILE_VECTORS] = {
    TILE_NAMES(1), TILE_NAMES(2), TILE_NAMES(3), TILE_NAMES(4),
#if TILE_ROWS == 6
    TILE_NAMES(5), TILE_NAMES(6),
#endif
};
#undef TILE
#undef TILES_OF
#undef TILE_NAMES

// MARK: Products with a packed B

/// A tile whose last columns are not C's own: computed aside, then only the valid columns are copied.
static void tile_at_edge(tile_function function, size_t rows, size_t width, size_t valid, float *c, size_t ldc,
                         const float *start, size_t start_stride, const float *a, size_t row_stride, size_t k_stride,
                         const float *b, size_t k) {
  float aside[TILE_ROWS * TILE_LANES];
  memset(aside, 0, sizeof aside);
  if (start)
    for (size_t r = 0; r < rows; r++) memcpy(aside + r * width, start + r * start_stride, valid * sizeof(float));
  function(aside, width, aside, width, a, row_stride, k_stride, b, k);
  for (size_t r = 0; r < rows; r++) memcpy(c + r * ldc, aside + r * width, valid * sizeof(float));
}

/// The tile of C at rows [r, r + rows) and the panel of vectors v, over a block of k from k0; `a` is the operand's element (r, k0).
INLINE void multiply_tile(const product *s, size_t k, size_t k0, size_t block, range v, size_t r, size_t rows, const float *a,
                          size_t row_stride, size_t k_stride) {
  size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
  tile_function function = tiles[rows - 1][v.last - v.first - 1];
  float *c = s->c + r * s->ldc + first;
  const float *start = k0 ? c : s->start ? s->start + r * s->start_stride + first : NULL;
  size_t start_stride = k0 ? s->ldc : s->start_stride;
  const float *panel = s->packed + first * k + k0 * width;
  if (!s->whole_vectors && v.last * LANES > s->n)
    tile_at_edge(function, rows, width, s->n - first, c, s->ldc, start, start_stride, a, row_stride, k_stride, panel, block);
  else
    function(c, s->ldc, start, start_stride, a, row_stride, k_stride, panel, block);
}

/// C = start + A·B for each of some B.
static void multiply(operand a, size_t m, size_t k, const product *products, size_t count, mynah_precision precision) {
  (void)precision;
  if (m == 0) return;
  // The first `higher` tiles have a row more than the others.
  size_t row_tiles = (m + TILE_ROWS - 1) / TILE_ROWS, height = m / row_tiles, higher = m % row_tiles;
  // One pass over k at least, so that C is written when k is 0.
  for (size_t k0 = 0, block; k0 == 0 || k0 < k; k0 += block) {
    block = minimum(k - k0, K_BLOCK);
    const float *a_block = a.base + k0 * a.k_stride;
    // A column of A that is scattered over as many pages as it is long is gathered once and serves all panels.
    bool gathers = a.k_stride > K_BLOCK && block >= K_BLOCK / 2;
    float gathered[TILE_ROWS * K_BLOCK];
    if (gathers) {
      for (size_t t = 0, r = 0, rows; t < row_tiles; t++, r += rows) {
        rows = height + (t < higher);
        const float *from = a_block + r * a.row_stride;
        for (size_t i = 0; i < block; i++)
          for (size_t j = 0; j < rows; j++) gathered[i * TILE_ROWS + j] = from[i * a.k_stride + j * a.row_stride];
        for (const product *s = products; s < products + count; s++)
          for (size_t p = s->panels.first; p < s->panels.last; p++)
            multiply_tile(s, k, k0, block, panel_vectors(vectors_of(s->n), p), r, rows, gathered, 1, TILE_ROWS);
      }
    } else {
      for (const product *s = products; s < products + count; s++)
        for (size_t p = s->panels.first; p < s->panels.last; p++) {
          range v = panel_vectors(vectors_of(s->n), p);
          for (size_t t = 0, r = 0, rows; t < row_tiles; t++, r += rows) {
            rows = height + (t < higher);
            multiply_tile(s, k, k0, block, v, r, rows, a_block + r * a.row_stride, a.row_stride, a.k_stride);
          }
        }
    }
    if (k == 0) break;
  }
}
