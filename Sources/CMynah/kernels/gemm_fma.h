// Matrix product by fused multiply-add.
//
// B is packed in panels of at most TILE_VECTORS vectors: [panel][K][panel's columns], padded with zeros to whole vectors. A is
// read where it lies, a broadcast an element; only columns that are scattered over memory are gathered first. A register tile
// of TILE_ROWS × TILE_VECTORS sums runs over K; the panel (outer loop) stays in the nearest cache while A streams by (inner
// loop). Widths are shared out evenly, so no panel is nearly empty.
//
// Where the machine has dot products of bfloat16 pairs (HAS_DOT), a bfloat16 product runs over pairs of k in place of k: B's
// panels are [panel][⌈K/2⌉][panel's columns] pairs, and A's rows are rounded to pairs a tile at a time.

enum { TILE_LANES = TILE_VECTORS * LANES, K_BLOCK = 512 };

#if HAS_DOT
#define PAIRS_INSTEAD(precision, call)                                         \
  if (precision == MYNAH_BFLOAT16) {                                           \
    call;                                                                      \
    return;                                                                    \
  }
#else
#define PAIRS_INSTEAD(precision, call) (void)precision;
#endif

// MARK: Panels

/// The vectors of panel `index` when `vectors` are shared out over the fewest panels possible.
INLINE range panel_vectors(size_t vectors, size_t index) {
  size_t panels = (vectors + TILE_VECTORS - 1) / TILE_VECTORS;
  return (range){vectors * index / panels, vectors * (index + 1) / panels};
}
INLINE size_t panel_count(size_t vectors) { return (vectors + TILE_VECTORS - 1) / TILE_VECTORS; }
INLINE range all_panels(size_t n) { return (range){0, panel_count(vectors_of(n))}; }
/// The first column of a panel.
INLINE size_t panel_start(size_t n, size_t panel) { return panel_vectors(vectors_of(n), panel).first * LANES; }
INLINE size_t packed_size(size_t n, size_t k) { return padded(n) * k; }

#if HAS_DOT
static void pack_pairs(float *restrict packed, source_rows b, size_t k, size_t n, range panels) {
  size_t vectors = vectors_of(n), pairs = pairs_of(k);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(vectors, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    float *to = packed + first * pairs;
    for (size_t i = 0; i < pairs; i++, to += width)
      for (size_t j = 0; j < width; j += LANES) {
        vfloat lines[2] = {{0}, {0}};
        for (size_t line = 0; line < 2 && 2 * i + line < k; line++) {
          const float *from = source_row(&b, 2 * i + line);
          if (!from) continue;
          from += first + j;
          lines[line] = (j + LANES <= valid ? load(from) : load_first(from, valid - j)) * (b.scales ? b.scales[2 * i + line] : 1.0f);
        }
        store(to + j, (vfloat)round_pairs(lines[0], lines[1]));
      }
  }
}

static void pack_pairs_transposed(float *restrict packed, const float *restrict b, size_t ld, size_t k, size_t n, range panels) {
  size_t vectors = vectors_of(n), pairs = pairs_of(k);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(vectors, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    uint32_t *to = (uint32_t *)(packed + first * pairs);
    for (size_t k0 = 0; k0 < k; k0 += 2 * LANES)
      for (size_t j = 0; j < width; j++) {
        uint32_t row[LANES] = {0};
        size_t count = minimum(2 * LANES, k - k0);
        if (j < valid) round_row(row, b + (first + j) * ld + k0, count);
        for (size_t i = 0; i < pairs_of(count); i++) to[(k0 / 2 + i) * width + j] = row[i];
      }
  }
}
#endif

static void pack(float *restrict packed, source_rows b, size_t k, size_t n, range panels, mynah_precision precision) {
  PAIRS_INSTEAD(precision, pack_pairs(packed, b, k, n, panels))
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
  PAIRS_INSTEAD(precision, pack_pairs_transposed(packed, b, ld, k, n, panels))
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

enum { KEPT_WIDTH = LANES };  // columns that are handed out together

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
/// The columns from `first` on, of the rows from `row0` on, as a product's A.
INLINE operand kept_columns(const float *kept, size_t rows, size_t n, size_t row0, size_t first) {
  (void)rows;
  return columns_of(kept + row0 * kept_stride(n) + first, kept_stride(n));
}
/// `count` columns from `first` on, of the rows from `row0` on, as a product's C. Sums begin with one row, a bias, or with what
/// stands there where it is NULL.
INLINE product kept_product(float *kept, size_t rows, size_t n, size_t row0, size_t first, size_t count, const float *bias,
                            const float *packed) {
  (void)rows;
  float *c = kept + row0 * kept_stride(n) + first;
  return (product){c, kept_stride(n), bias ? bias : c, bias ? 0 : kept_stride(n), packed, count, all_panels(count), true, 0};
}

// MARK: The register tile

/// c[rows][vectors·LANES] = start + A·B over one block of k; `start_stride` 0 repeats one row (a bias), start NULL is zero. With
/// `pairs`, elements of A and B are pairs of bfloat16 numbers.
INLINE void tile(const bool pairs, const size_t rows, const size_t vectors, float *c, size_t ldc, const float *start, size_t start_stride,
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
      vfloat element = splat_bits(a + r * row_stride);
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++)
        sums[r][v] = pairs ? dot_pairs(element, columns[v], sums[r][v]) : fma_(element, columns[v], sums[r][v]);
    }
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) store(c + r * ldc + v * LANES, sums[r][v]);
}

typedef void (*tile_function)(float *c, size_t ldc, const float *start, size_t start_stride, const float *a, size_t row_stride,
                              size_t k_stride, const float *b, size_t k);

#define TILE(name, pairs, rows, vectors)                                                                                      \
  static void name##_##rows##_##vectors(float *c, size_t ldc, const float *start, size_t start_stride, const float *a,         \
                                        size_t row_stride, size_t k_stride, const float *b, size_t k) {                      \
    tile(pairs, rows, vectors, c, ldc, start, start_stride, a, row_stride, k_stride, b, k);                                   \
  }
#if TILE_VECTORS == 4
#define TILES_OF(name, pairs, rows) \
  TILE(name, pairs, rows, 1) TILE(name, pairs, rows, 2) TILE(name, pairs, rows, 3) TILE(name, pairs, rows, 4)
#define TILE_NAMES(name, rows) {name##_##rows##_1, name##_##rows##_2, name##_##rows##_3, name##_##rows##_4}
#else
#define TILES_OF(name, pairs, rows) TILE(name, pairs, rows, 1) TILE(name, pairs, rows, 2)
#define TILE_NAMES(name, rows) {name##_##rows##_1, name##_##rows##_2}
#endif
#if TILE_ROWS == 6
#define MORE_TILES(name, pairs) TILES_OF(name, pairs, 5) TILES_OF(name, pairs, 6)
#define MORE_NAMES(name) TILE_NAMES(name, 5), TILE_NAMES(name, 6),
#else
#define MORE_TILES(name, pairs)
#define MORE_NAMES(name)
#endif
#define ALL_TILES(name, pairs)                                                                                                \
  TILES_OF(name, pairs, 1) TILES_OF(name, pairs, 2) TILES_OF(name, pairs, 3) TILES_OF(name, pairs, 4) MORE_TILES(name, pairs)  \
  static const tile_function name[TILE_ROWS][TILE_VECTORS] = {TILE_NAMES(name, 1), TILE_NAMES(name, 2), TILE_NAMES(name, 3),   \
                                                              TILE_NAMES(name, 4), MORE_NAMES(name)};
ALL_TILES(tiles, false)
#if HAS_DOT
ALL_TILES(pair_tiles, true)
#endif
#undef ALL_TILES
#undef MORE_TILES
#undef MORE_NAMES
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

/// A block of k of a product: where it begins, how long it is, and which tiles sum it.
typedef struct {
  const tile_function (*tiles)[TILE_VECTORS];
  size_t k, k0, length;  // of the whole packed B, of this block: elements, or pairs
} k_block;

/// The tile of C at rows [r, r + rows) and the panel of vectors v; `a` is A's element, or pair, (r, k0).
INLINE void multiply_tile(const product *s, const k_block *block, range v, size_t r, size_t rows, const float *a,
                          size_t row_stride, size_t k_stride) {
  size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
  tile_function function = block->tiles[rows - 1][v.last - v.first - 1];
  float *c = s->c + r * s->ldc + first;
  const float *start = block->k0 ? c : s->start ? s->start + r * s->start_stride + first : NULL;
  size_t start_stride = block->k0 ? s->ldc : s->start_stride;
  const float *panel = s->packed + first * block->k + block->k0 * width;
  if (!s->whole_vectors && v.last * LANES > s->n)
    tile_at_edge(function, rows, width, s->n - first, c, s->ldc, start, start_stride, a, row_stride, k_stride, panel,
                 block->length);
  else
    function(c, s->ldc, start, start_stride, a, row_stride, k_stride, panel, block->length);
}

/// Row tiles of balanced heights: the first `higher` have a row more than the others.
typedef struct {
  size_t count, height, higher;
} row_tiles;
INLINE row_tiles row_tiles_of(size_t m) {
  size_t count = (m + TILE_ROWS - 1) / TILE_ROWS;
  return (row_tiles){count, m / count, m % count};
}

#if HAS_DOT
/// Pairs of a row tile over a block of k: [rows][K_BLOCK / 2] where A's rows are contiguous, else [pairs][TILE_ROWS].
INLINE void gather_pairs(uint32_t *to, operand a, size_t r, size_t rows, size_t k0, size_t length, size_t k) {
  const float *from = a.base + r * a.row_stride + k0 * a.k_stride;
  if (a.k_stride == 1) {
    for (size_t j = 0; j < rows; j++) round_row(to + j * (K_BLOCK / 2), from + j * a.row_stride, length);
    return;
  }
  for (size_t i = 0; i < pairs_of(length); i++)
    for (size_t j = 0; j < rows; j += LANES) {
      vfloat lines[2] = {{0}, {0}};
      for (size_t line = 0; line < 2 && 2 * i + line < length; line++) {
        // A whole vector may be read where another line of A follows.
        const float *p = from + (2 * i + line) * a.k_stride + j;
        bool inside = a.k_stride >= 2 * LANES && k0 + 2 * i + line + 1 < k;
        lines[line] = inside ? load(p) : load_first(p, minimum(LANES, rows - j));
      }
      // What is written beyond the tile's rows is overwritten by the next pair.
      store((float *)(to + i * TILE_ROWS + j), (vfloat)round_pairs(lines[0], lines[1]));
    }
}

static void multiply_pairs(operand a, size_t m, size_t k, const product *products, size_t count) {
  row_tiles shares = row_tiles_of(m);
  bool contiguous = a.k_stride == 1;
  for (size_t k0 = 0, length; k0 == 0 || k0 < k; k0 += length) {
    length = minimum(k - k0, K_BLOCK);
    k_block block = {pair_tiles, pairs_of(k), k0 / 2, pairs_of(length)};
    for (size_t t = 0, r = 0, rows; t < shares.count; t++, r += rows) {
      rows = shares.height + (t < shares.higher);
      uint32_t gathered[TILE_ROWS * K_BLOCK / 2 + 2 * LANES];
      gather_pairs(gathered, a, r, rows, k0, length, k);
      for (const product *s = products; s < products + count; s++)
        for (size_t p = s->panels.first; p < s->panels.last; p++)
          multiply_tile(s, &block, panel_vectors(vectors_of(s->n), p), r, rows, (const float *)gathered,
                        contiguous ? K_BLOCK / 2 : 1, contiguous ? 1 : TILE_ROWS);
    }
    if (k == 0) break;
  }
}
#endif

/// C = start + A·B for each of some B.
static void multiply(operand a, size_t m, size_t k, const product *products, size_t count, mynah_precision precision) {
  if (m == 0) return;
  PAIRS_INSTEAD(precision, multiply_pairs(a, m, k, products, count))
  row_tiles shares = row_tiles_of(m);
  // One pass over k at least, so that C is written when k is 0.
  for (size_t k0 = 0, length; k0 == 0 || k0 < k; k0 += length) {
    length = minimum(k - k0, K_BLOCK);
    k_block block = {tiles, k, k0, length};
    const float *a_block = a.base + k0 * a.k_stride;
    // A column of A that is scattered over as many pages as it is long is gathered once and serves all panels.
    bool gathers = a.k_stride > K_BLOCK && length >= K_BLOCK / 2;
    float gathered[TILE_ROWS * K_BLOCK];
    if (gathers) {
      for (size_t t = 0, r = 0, rows; t < shares.count; t++, r += rows) {
        rows = shares.height + (t < shares.higher);
        const float *from = a_block + r * a.row_stride;
        for (size_t i = 0; i < length; i++)
          for (size_t j = 0; j < rows; j++) gathered[i * TILE_ROWS + j] = from[i * a.k_stride + j * a.row_stride];
        for (const product *s = products; s < products + count; s++)
          for (size_t p = s->panels.first; p < s->panels.last; p++)
            multiply_tile(s, &block, panel_vectors(vectors_of(s->n), p), r, rows, gathered, 1, TILE_ROWS);
      }
    } else {
      for (const product *s = products; s < products + count; s++)
        for (size_t p = s->panels.first; p < s->panels.last; p++) {
          range v = panel_vectors(vectors_of(s->n), p);
          for (size_t t = 0, r = 0, rows; t < shares.count; t++, r += rows) {
            rows = shares.height + (t < shares.higher);
            multiply_tile(s, &block, v, r, rows, a_block + r * a.row_stride, a.row_stride, a.k_stride);
          }
        }
    }
    if (k == 0) break;
  }
}
#undef PAIRS_INSTEAD
