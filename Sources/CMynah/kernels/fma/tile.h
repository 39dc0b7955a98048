// The register tile.

enum { TILE_LANES = TILE_VECTORS * LANES };

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

/// Row tiles of balanced heights: the first `higher` have a row more than the others.
typedef struct {
  size_t count, height, higher;
} row_tiles;
INLINE row_tiles row_tiles_of(size_t m) {
  size_t count = (m + TILE_ROWS - 1) / TILE_ROWS;
  return (row_tiles){count, m / count, m % count};
}
