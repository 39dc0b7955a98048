// The register tile of packed weights: a few rows of x times one panel.
//
// sums[rows][vectors·LANES] = start + x·panelᵀ; a panel has 3 or 4 vectors. Each sum is one chain in the order of k,
// regardless of the number of rows in the tile, so a stream's results do not depend on the other streams in the batch.
// One row reads each weight once and is bound by bandwidth; six rows are bound by arithmetic, and leave time to
// prefetch the next panel: one line per step, a quarter of the panel per tile.

enum { MOST_ROWS = 6 };

/// The number of vectors that are multiplied at a time. Sums and weights must fit in the registers: there are 32 if
/// tiles of the matrix product have 4 vectors, else 16. With 16 registers, more than three rows are multiplied with two
/// vectors at a time: a tile then uses each weight that it loads from the L2 cache six times. With three rows and four
/// vectors, it would be three times (Zen 3 with AVX2, 4096 × 1024 and 32 rows: 41 GFLOP/s instead of 75).
#define VECTORS_TOGETHER(rows, vectors) (TILE_VECTORS < 4 && (rows) > 3 ? 2 : (vectors))

#ifndef DOT8
#define DOT8 dot8
/// sum + Σ x[j]·w[j] over the four bytes of each lane: x unsigned, w signed.
INLINE vint dot8(vint sum, vint x, vint w) {
  for (int j = 0; j < 4; j++) {
    vint xj = (x >> (8 * j)) & 255, wj = (w << (24 - 8 * j)) >> 24;
    sum += xj * wj;
  }
  return sum;
}
#endif

#define FOR_ROWS _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
#define FOR_VECTORS _Pragma("clang loop unroll(full)") for (size_t v = first; v < last; v++)

/// The operands of a tile.
typedef struct {
  float *to;
  size_t stride;        // between rows of `to`
  const float *start;   // NULL for zeros
  size_t start_stride;
  const void *panel;
  size_t columns;
  tile_rows x;
  const char *ahead;    // a quarter of the next panel
} packed_operands;

enum { AHEAD_PARTS = 4 };

/// Prefetches a quarter of the bytes of step `k`. Not for one or two rows, which are bound by memory anyway and rely on
/// the hardware prefetcher.
INLINE void fetch(const size_t rows, const size_t first, const size_t width, const packed_operands *t, size_t k) {
  if (rows < 3 || first > 0) return;
  const size_t part = width * 4 / AHEAD_PARTS;
  for (size_t byte = 0; byte < part; byte += 64) __builtin_prefetch(t->ahead + k * part + byte, 0, 2);
}

INLINE vfloat start_of_sum(const packed_operands *t, size_t r, size_t v) {
  return t->start ? load(t->start + r * t->start_stride + v * LANES) : splat(0);
}

// The functions below multiply the vectors first ..< last of a panel; one step of all its vectors has `width` lanes.

/// The tile of rows of words along k: float32 values, or pairs of bfloat16 values that one instruction multiplies.
INLINE void tile_of_words(const bool pairs, const size_t rows, const size_t first, const size_t last,
                          const size_t width, const packed_operands *t, size_t words, const float *x,
                          size_t x_stride) {
  vfloat sums[MOST_ROWS][MOST_PANEL_VECTORS];
  FOR_ROWS FOR_VECTORS sums[r][v] = start_of_sum(t, r, v);
  const float *w = t->panel, *lower = x + 3 * x_stride;
  OPAQUE(lower);
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < words; k++, w += width) {
    fetch(rows, first, width, t, k);
    vfloat weights[MOST_PANEL_VECTORS];
    FOR_VECTORS weights[v] = load(w + v * LANES);
    FOR_ROWS {
      vfloat word = splat_bits((r < 3 ? x + r * x_stride : lower + (r - 3) * x_stride) + k);
      FOR_VECTORS sums[r][v] = pairs ? dot_pairs(word, weights[v], sums[r][v]) : fma_(word, weights[v], sums[r][v]);
    }
  }
  float *const to = t->to;
  const size_t stride = t->stride;
  FOR_ROWS FOR_VECTORS store(to + r * stride + v * LANES, sums[r][v]);
}

INLINE void tile_float32(const size_t rows, const size_t first, const size_t last, const size_t width,
                         const packed_operands *t) {
  tile_of_words(false, rows, first, last, width, t, t->columns, t->x.x, t->x.stride);
}

#if HAS_DOT
INLINE void tile_bfloat16(const size_t rows, const size_t first, const size_t last, const size_t width,
                          const packed_operands *t) {
  tile_of_words(true, rows, first, last, width, t, pairs_of(t->columns), (const float *)(const void *)t->x.words,
                t->x.words_stride / 4);
}
#else
INLINE void tile_bfloat16(const size_t rows, const size_t first, const size_t last, const size_t width,
                          const packed_operands *t) {
  vfloat sums[MOST_ROWS][MOST_PANEL_VECTORS];
  FOR_ROWS FOR_VECTORS sums[r][v] = start_of_sum(t, r, v);
  const float *w = t->panel, *x = t->x.x;
  const size_t x_stride = t->x.stride, columns = t->columns;
  size_t k = 0;
#pragma clang loop unroll(disable)
  for (; k + 2 <= columns; k += 2, w += width) {
    fetch(rows, first, width, t, k / 2);
    // First the even weights, then the odd ones: all of them would not fit in the registers next to the sums.
#pragma clang loop unroll(full)
    for (size_t odd = 0; odd < 2; odd++) {
      vfloat weights[MOST_PANEL_VECTORS];
      FOR_VECTORS {
        const vint pair = (vint)load(w + v * LANES);
        weights[v] = (vfloat)(odd ? pair & (int32_t)0xffff0000 : pair << 16);
      }
      FOR_ROWS {
        const vfloat word = splat_bits(x + r * x_stride + k + odd);
        FOR_VECTORS sums[r][v] = fma_(word, weights[v], sums[r][v]);
      }
    }
  }
  if (k < columns)
    FOR_VECTORS {
      vfloat even = (vfloat)((vint)load(w + v * LANES) << 16);
      FOR_ROWS sums[r][v] = fma_(splat(x[r * x_stride + k]), even, sums[r][v]);
    }
  float *const to = t->to;
  const size_t stride = t->stride;
  FOR_ROWS FOR_VECTORS store(to + r * stride + v * LANES, sums[r][v]);
}
#endif

/// Stores start + sums·scales, the float32 values of integer sums.
INLINE void store_product(float *to, vint sums, vfloat scales, float row_scale, const float *start) {
  vfloat product = __builtin_convertvector(sums, vfloat) * (scales * row_scale);
  store(to, start ? load(start) + product : product);
}

/// Computes a tile of int8 weights. The integer sums begin with −128·Σ row, which cancels the offset of x.
INLINE void tile_int8(const size_t rows, const size_t first, const size_t last, const size_t width,
                      const packed_operands *t) {
  const float *scales = t->panel, *offsets = scales + width, *w = offsets + width;
  vint sums[MOST_ROWS][MOST_PANEL_VECTORS];
  FOR_ROWS FOR_VECTORS sums[r][v] = (vint)load(offsets + v * LANES);
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < t->columns; k += 4, w += width) {
    fetch(rows, first, width, t, k / 4);
    vint weights[MOST_PANEL_VECTORS];
    FOR_VECTORS weights[v] = (vint)load(w + v * LANES);
    FOR_ROWS {
      int32_t bytes;
      memcpy(&bytes, t->x.words + r * t->x.words_stride + k, 4);
      vint four = (vint){0} + bytes;
      FOR_VECTORS sums[r][v] = DOT8(sums[r][v], four, weights[v]);
    }
  }
  float *const to = t->to;
  const size_t stride = t->stride, start_stride = t->start_stride;
  const float *const start = t->start, *const row_scales = t->x.scales;
  FOR_ROWS FOR_VECTORS store_product(to + r * stride + v * LANES, sums[r][v], load(scales + v * LANES),
                                     row_scales[r], start ? start + r * start_stride + v * LANES : NULL);
}

typedef void (*packed_tile)(const packed_operands *t);
#define TILE(kind, rows, vectors)                                                     \
  static WITHOUT_DEBUG void tile_##kind##_##rows##_##vectors(const packed_operands *t) { \
    enum { TOGETHER = VECTORS_TOGETHER(rows, vectors) };                              \
    tile_##kind(rows, 0, TOGETHER, vectors * LANES, t);                               \
    if (TOGETHER < vectors) tile_##kind(rows, TOGETHER, vectors, vectors * LANES, t); \
  }
#define TILES(kind, v) \
  TILE(kind, 1, v) TILE(kind, 2, v) TILE(kind, 3, v) TILE(kind, 4, v) TILE(kind, 5, v) TILE(kind, 6, v)
#define NAMES(kind, v)                                                                                 \
  {                                                                                                    \
    tile_##kind##_1_##v, tile_##kind##_2_##v, tile_##kind##_3_##v, tile_##kind##_4_##v,                \
        tile_##kind##_5_##v, tile_##kind##_6_##v                                                       \
  }
#define BOTH_WIDTHS(kind) TILES(kind, 3) TILES(kind, 4)
BOTH_WIDTHS(float32) BOTH_WIDTHS(int8)
#if !HAS_AMX
BOTH_WIDTHS(bfloat16)
#endif
/// [kind][vectors − 3][rows − 1]
static const packed_tile packed_tiles[3][2][MOST_ROWS] = {
    [MYNAH_WEIGHTS_FLOAT32] = {NAMES(float32, 3), NAMES(float32, 4)},
#if !HAS_AMX
    [MYNAH_WEIGHTS_BFLOAT16] = {NAMES(bfloat16, 3), NAMES(bfloat16, 4)},
#endif
    [MYNAH_WEIGHTS_INT8] = {NAMES(int8, 3), NAMES(int8, 4)},
};
#undef BOTH_WIDTHS
#undef NAMES
#undef TILES
#undef TILE
#undef FOR_ROWS
#undef FOR_VECTORS
#undef VECTORS_TOGETHER
