// Matrix product C = start + A·B.
//
// B is packed in panels of at most TILE_VECTORS vectors: [panel][K][panel's columns], padded with zeros to whole vectors. A is
// read where it lies, a broadcast an element; only columns that are scattered over memory are gathered first. A register tile
// of TILE_ROWS × TILE_VECTORS sums runs over K; the panel (outer loop) stays in the nearest cache while A streams by (inner
// loop). Widths are shared out evenly, so no panel is nearly empty. Sums start from `start` instead of being added to it at the
// end: each element is one chain in the order of k, however K, M and N are cut, which makes results independent of blocks and
// threads.

enum { TILE_LANES = TILE_VECTORS * LANES, K_BLOCK = 512 };

// MARK: Panels

/// The vectors of panel `index` when `vectors` are shared out over the fewest panels possible.
INLINE range panel_vectors(size_t vectors, size_t index) {
  size_t panels = (vectors + TILE_VECTORS - 1) / TILE_VECTORS;
  return (range){vectors * index / panels, vectors * (index + 1) / panels};
}
INLINE size_t panel_count(size_t vectors) { return (vectors + TILE_VECTORS - 1) / TILE_VECTORS; }
INLINE range all_panels(size_t n) { return (range){0, panel_count(vectors_of(n))}; }

/// Packs panels of B[k][n] (row-major, ld), row i scaled by row_scales[i] if given.
static void pack(float *restrict packed, const float *restrict b, size_t ld, size_t k, size_t n, range panels,
                 const float *row_scales) {
  size_t vectors = vectors_of(n);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(vectors, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    float *to = packed + first * k;
    for (size_t i = 0; i < k; i++, to += width) {
      const float *from = b + i * ld + first;
      vfloat scale = splat(row_scales ? row_scales[i] : 1);
      size_t j = 0;
      for (; j + LANES <= valid; j += LANES) store(to + j, load(from + j) * scale);
      if (j < width) store(to + j, load_first(from + j, valid - j) * scale);
    }
  }
}

/// Packs panels of B[k][n] given as its transpose, b[n][k] row-major with ld.
static void pack_transposed(float *restrict packed, const float *restrict b, size_t ld, size_t k, size_t n, range panels) {
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

/// A block of a product's k: C, where sums start from, and the packed panels.
typedef struct {
  float *c;
  const float *start, *packed;
  size_t ldc, start_stride, n, k, k0, block;
  bool whole_vectors;
} product_block;

/// The tile of C at rows [r, r + rows) and the panel of vectors v; `a` is the operand's element (r, k0).
INLINE void multiply_tile(const product_block *s, range v, size_t r, size_t rows, const float *a, size_t row_stride,
                          size_t k_stride) {
  size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
  tile_function function = tiles[rows - 1][v.last - v.first - 1];
  float *c = s->c + r * s->ldc + first;
  const float *start = s->start ? s->start + r * s->start_stride + first : NULL;
  const float *panel = s->packed + first * s->k + s->k0 * width;
  if (!s->whole_vectors && v.last * LANES > s->n)
    tile_at_edge(function, rows, width, s->n - first, c, s->ldc, start, s->start_stride, a, row_stride, k_stride, panel, s->block);
  else
    function(c, s->ldc, start, s->start_stride, a, row_stride, k_stride, panel, s->block);
}

/// The columns of some panels of C[m, n] = start + A·B. If `whole_vectors`, C's rows have room for n rounded up to LANES.
static void multiply(float *c, size_t ldc, const float *start, size_t start_stride, mynah_operand a, const float *packed, size_t m,
                     size_t n, size_t k, range panels, bool whole_vectors) {
  if (m == 0 || n == 0) return;
  // The first `higher` tiles have a row more than the others.
  size_t vectors = vectors_of(n), row_tiles = (m + TILE_ROWS - 1) / TILE_ROWS, height = m / row_tiles, higher = m % row_tiles;
  // One pass over k at least, so that C is written when k is 0.
  for (size_t k0 = 0, block; k0 == 0 || k0 < k; k0 += block) {
    size_t in_group = k0 % a.inner;
    block = minimum(minimum(k - k0, K_BLOCK), a.inner - in_group);
    const float *a_block = a.base + k0 / a.inner * a.outer_stride + in_group * a.k_stride;
    product_block s = {c, k0 ? c : start, packed, ldc, k0 ? ldc : start_stride, n, k, k0, block, whole_vectors};
    if (a.k_stride > K_BLOCK && block >= K_BLOCK / 2) {
      // A column of A is scattered over as many pages as it is long: gathered once, it serves all panels.
      float gathered[TILE_ROWS * K_BLOCK];
      for (size_t t = 0, r = 0, rows; t < row_tiles; t++, r += rows) {
        rows = height + (t < higher);
        const float *from = a_block + r * a.row_stride;
        for (size_t i = 0; i < block; i++)
          for (size_t j = 0; j < rows; j++) gathered[i * TILE_ROWS + j] = from[i * a.k_stride + j * a.row_stride];
        for (size_t p = panels.first; p < panels.last; p++)
          multiply_tile(&s, panel_vectors(vectors, p), r, rows, gathered, 1, TILE_ROWS);
      }
    } else {
      for (size_t p = panels.first; p < panels.last; p++) {
        range v = panel_vectors(vectors, p);
        for (size_t t = 0, r = 0, rows; t < row_tiles; t++, r += rows) {
          rows = height + (t < higher);
          multiply_tile(&s, v, r, rows, a_block + r * a.row_stride, a.row_stride, a.k_stride);
        }
      }
    }
    if (k == 0) break;
  }
}

INLINE mynah_operand rows_of(const float *base, size_t ld) { return (mynah_operand){base, ld, 1, SIZE_MAX, 0}; }
INLINE mynah_operand columns_of(const float *base, size_t ld) { return (mynah_operand){base, 1, ld, SIZE_MAX, 0}; }

// MARK: The general product

typedef struct {
  float *c;
  const float *a, *b;
  size_t m, n, k;
  bool a_transposed, b_transposed, accumulate;
  float *workspace;
} gemm_pass;

/// Each worker packs its share of the panels. If there are many, it multiplies with just those; else the rows are split.
static void gemm_work(void *context, const mynah_worker *worker) {
  const gemm_pass *g = context;
  size_t panels = panel_count(vectors_of(g->n));
  range own = share(panels, worker), rows = {0, g->m};
  if (g->b_transposed) pack_transposed(g->workspace, g->b, g->k, g->k, g->n, own);
  else pack(g->workspace, g->b, g->n, g->k, g->n, own, NULL);
  bool by_columns = g->n >= g->m && panels >= 4 * (size_t)worker->count;
  if (!by_columns) {
    mynah_worker_wait(worker);
    own = (range){0, panels};
    rows = share(g->m, worker);
  }
  mynah_operand a = g->a_transposed ? columns_of(g->a + rows.first, g->m) : rows_of(g->a + rows.first * g->k, g->k);
  float *c = g->c + rows.first * g->n;
  multiply(c, g->n, g->accumulate ? c : NULL, g->n, a, g->workspace, rows.last - rows.first, g->n, g->k, own, false);
}

static size_t gemm_workspace(size_t m, size_t n, size_t k) {
  (void)m;
  return padded(n) * k + LANES;
}

static void gemm(mynah_team *team, float *c, const float *a, const float *b, size_t m, size_t n, size_t k, bool a_transposed,
                 bool b_transposed, bool accumulate, mynah_precision precision, float *workspace) {
  (void)precision;
  if (m == 0 || n == 0) return;
  gemm_pass pass = {c, a, b, m, n, k, a_transposed, b_transposed, accumulate, workspace};
  bool small = m * n * k < 1 << 15;  // a meeting of the team costs more than it saves
  mynah_team_run(small ? NULL : team, gemm_work, &pass);
}
