// The register tile of packed weights: a few rows of x times one panel.
//
// sums[rows][vectors·LANES] = start + x·panelᵀ; a panel has 3 or 4 vectors. Each sum is one chain in the order of k,
// regardless of the number of rows in the tile, so a stream's results do not depend on the other streams in the batch.
// One row reads each weight once and is bound by bandwidth; six rows are bound by arithmetic, and leave time to
// prefetch the next panel: one line per step, a quarter of the panel per tile.

/// Up to 4 vectors of sums per row, and as many weights, must fit in the registers: there are 32 if tiles of the matrix
/// product have 4 vectors.
enum { MOST_ROWS = TILE_VECTORS == 4 ? 6 : 3 };

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
#define FOR_VECTORS _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)

enum { AHEAD_PARTS = 4 };

/// Prefetches a quarter of a step's bytes. Not for one or two rows, which are bound by memory anyway and rely on the
/// hardware prefetcher.
INLINE void fetch(const size_t rows, const size_t vectors, const char **ahead) {
  if (rows < 3) return;
  const size_t part = vectors * LANES * 4 / AHEAD_PARTS;
  for (size_t byte = 0; byte < part; byte += 64) __builtin_prefetch(*ahead + byte, 0, 2);
  *ahead += part;
}

/// The tile of rows of words along k: float32 values, or pairs of bfloat16 values that one instruction multiplies.
INLINE void tile_of_words(const bool pairs, const size_t rows, const size_t vectors, float *to, size_t stride,
                          const float *start, size_t start_stride, const float *w, size_t words, const float *x,
                          size_t x_stride, const char *ahead) {
  vfloat sums[MOST_ROWS][MOST_PANEL_VECTORS];
  FOR_ROWS FOR_VECTORS sums[r][v] = start ? load(start + r * start_stride + v * LANES) : splat(0);
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < words; k++, w += vectors * LANES) {
    fetch(rows, vectors, &ahead);
    vfloat weights[MOST_PANEL_VECTORS];
    FOR_VECTORS weights[v] = load(w + v * LANES);
    FOR_ROWS {
      vfloat word = splat_bits(x + r * x_stride + k);
      FOR_VECTORS sums[r][v] = pairs ? dot_pairs(word, weights[v], sums[r][v]) : fma_(word, weights[v], sums[r][v]);
    }
  }
  FOR_ROWS FOR_VECTORS store(to + r * stride + v * LANES, sums[r][v]);
}

INLINE void tile_float32(const size_t rows, const size_t vectors, float *to, size_t stride, const float *start,
                         size_t start_stride, const void *panel, size_t columns, tile_rows x, const char *ahead) {
  tile_of_words(false, rows, vectors, to, stride, start, start_stride, panel, columns, x.x, x.stride, ahead);
}

#if HAS_DOT
INLINE void tile_bfloat16(const size_t rows, const size_t vectors, float *to, size_t stride, const float *start,
                          size_t start_stride, const void *panel, size_t columns, tile_rows x, const char *ahead) {
  tile_of_words(true, rows, vectors, to, stride, start, start_stride, panel, pairs_of(columns),
                (const float *)(const void *)x.words, x.words_stride / 4, ahead);
}
#else
INLINE void tile_bfloat16(const size_t rows, const size_t vectors, float *to, size_t stride, const float *start,
                         size_t start_stride, const void *panel, size_t columns, tile_rows x, const char *ahead) {
  vfloat sums[MOST_ROWS][MOST_PANEL_VECTORS];
  FOR_ROWS FOR_VECTORS sums[r][v] = start ? load(start + r * start_stride + v * LANES) : splat(0);
  const float *w = panel;
  size_t k = 0;
#pragma clang loop unroll(disable)
  for (; k + 2 <= columns; k += 2, w += vectors * LANES) {
    fetch(rows, vectors, &ahead);
    // Each weight is widened just before its use: all weights at once would not fit in the registers next to six rows
    // of sums.
    FOR_VECTORS {
      vint pair = (vint)load(w + v * LANES);
      vfloat even = (vfloat)(pair << 16), odd = (vfloat)(pair & (int32_t)0xffff0000);
      FOR_ROWS {
        sums[r][v] = fma_(splat(x.x[r * x.stride + k]), even, sums[r][v]);
        sums[r][v] = fma_(splat(x.x[r * x.stride + k + 1]), odd, sums[r][v]);
      }
    }
  }
  if (k < columns)
    FOR_VECTORS {
      vfloat even = (vfloat)((vint)load(w + v * LANES) << 16);
      FOR_ROWS sums[r][v] = fma_(splat(x.x[r * x.stride + k]), even, sums[r][v]);
    }
  FOR_ROWS FOR_VECTORS store(to + r * stride + v * LANES, sums[r][v]);
}
#endif

/// Stores start + sums·scales, the float32 values of integer sums.
INLINE void store_product(float *to, vint sums, vfloat scales, float row_scale, const float *start) {
  vfloat product = __builtin_convertvector(sums, vfloat) * (scales * row_scale);
  store(to, start ? load(start) + product : product);
}

/// Computes a tile of int8 weights. The integer sums begin with −128·Σ row, which cancels the offset of x.
INLINE void tile_int8(const size_t rows, const size_t vectors, float *to, size_t stride, const float *start,
                         size_t start_stride, const void *panel, size_t columns, tile_rows x, const char *ahead) {
  const float *scales = panel, *offsets = scales + vectors * LANES, *w = offsets + vectors * LANES;
  vint sums[MOST_ROWS][MOST_PANEL_VECTORS];
  FOR_ROWS FOR_VECTORS sums[r][v] = (vint)load(offsets + v * LANES);
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < columns; k += 4, w += vectors * LANES) {
    fetch(rows, vectors, &ahead);
    vint weights[MOST_PANEL_VECTORS];
    FOR_VECTORS weights[v] = (vint)load(w + v * LANES);
    FOR_ROWS {
      int32_t bytes;
      memcpy(&bytes, x.words + r * x.words_stride + k, 4);
      vint four = (vint){0} + bytes;
      FOR_VECTORS sums[r][v] = DOT8(sums[r][v], four, weights[v]);
    }
  }
  FOR_ROWS FOR_VECTORS store_product(to + r * stride + v * LANES, sums[r][v], load(scales + v * LANES), x.scales[r],
                                     start ? start + r * start_stride + v * LANES : NULL);
}

typedef void (*packed_tile)(float *to, size_t stride, const float *start, size_t start_stride, const void *panel,
                            size_t columns, tile_rows x, const char *ahead);
#define TILE(kind, rows, vectors)                                                                                   \
  static void tile_##kind##_##rows##_##vectors(float *to, size_t stride, const float *start, size_t start_stride,   \
                                               const void *panel, size_t columns, tile_rows x, const char *ahead) { \
    tile_##kind(rows, vectors, to, stride, start, start_stride, panel, columns, x, ahead);                          \
  }
#define THREE_TILES(kind, v) TILE(kind, 1, v) TILE(kind, 2, v) TILE(kind, 3, v)
#define THREE_NAMES(kind, v) tile_##kind##_1_##v, tile_##kind##_2_##v, tile_##kind##_3_##v
#if TILE_VECTORS == 4
#define TILES(kind, v) THREE_TILES(kind, v) TILE(kind, 4, v) TILE(kind, 5, v) TILE(kind, 6, v)
#define NAMES(kind, v) {THREE_NAMES(kind, v), tile_##kind##_4_##v, tile_##kind##_5_##v, tile_##kind##_6_##v}
#else
#define TILES(kind, v) THREE_TILES(kind, v)
#define NAMES(kind, v) {THREE_NAMES(kind, v)}
#endif
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
#undef THREE_NAMES
#undef THREE_TILES
#undef NAMES
#undef TILES
#undef TILE
#undef FOR_ROWS
#undef FOR_VECTORS
