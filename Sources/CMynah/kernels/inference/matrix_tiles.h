// Products of up to 32 rows of x with a panel on matrix tiles (AMX): 16 × 16 sums of products of bfloat16 pairs or
// bytes.
//
// Both tiles of a product contain 32-bit words along k, so a panel can be loaded as it was packed for vectors. A few
// rows leave most of a tile empty and are bound by reading the panel, which vectors load faster. Sums of byte products
// are exact, so vectors compute the same results; for bfloat16 pairs, they must add in the order of a tile.

/// A matrix in the form that products on tiles read, and the configured shape of the tile registers.
typedef struct {
  mynah_weights kind;
  size_t vectors;  // of a panel
  word_blocks blocks;
  size_t rows;  // that the registers are configured for; 0 before the first product
} matrix_walk;

#if HAS_AMX
#include "../amx/registers.h"

enum { MOST_MATRIX_ROWS = 2 * SIDE, FEWEST_ROWS_OF_BYTES = 4 };

/// to[vectors] = start + x·panelᵀ for one row of pairs, bitwise identical to a tile's product: for each block, the even
/// and the odd products are summed by successive multiply-adds, and then start + (even + odd).
INLINE void one_row(const size_t vectors, float *to, const float *start, const char *panel, const uint8_t *x,
                    word_blocks blocks) {
  const float *w = (const float *)(const void *)panel;
  vfloat total[MOST_PANEL_VECTORS];
#define FOR_VECTORS _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)
  FOR_VECTORS total[v] = start ? load(start + v * LANES) : splat(0);
  for (size_t block = 0; block < blocks.count; block++) {
    vfloat even[MOST_PANEL_VECTORS], odd[MOST_PANEL_VECTORS];
    FOR_VECTORS even[v] = odd[v] = splat(0);
#pragma clang loop unroll(disable)
    for (size_t word = 0; word < blocks.words; word++, x += 4, w += vectors * LANES) {
      vint pair = (vint)splat_bits((const float *)(const void *)x);
      const vint high = (vint){0} + (int32_t)0xffff0000;
      vfloat x_even = (vfloat)(pair << 16), x_odd = (vfloat)(pair & high);
      FOR_VECTORS {
        vint weights = (vint)load(w + v * LANES);
        even[v] = fma_(x_even, (vfloat)(weights << 16), even[v]);
        odd[v] = fma_(x_odd, (vfloat)(weights & high), odd[v]);
      }
    }
    FOR_VECTORS total[v] += even[v] + odd[v];
  }
  FOR_VECTORS store(to + v * LANES, total[v]);
#undef FOR_VECTORS
}
static __attribute__((noinline)) void one_row_of_panel(size_t vectors, float *to, const float *start, const char *panel,
                                                       const uint8_t *x, word_blocks blocks) {
  if (vectors == 4) one_row(4, to, start, panel, x, blocks);
  else one_row(3, to, start, panel, x, blocks);
}

INLINE bool on_matrix_tiles(mynah_weights kind, size_t rows) {
  return kind == MYNAH_WEIGHTS_BFLOAT16 || (kind == MYNAH_WEIGHTS_INT8 && rows >= FEWEST_ROWS_OF_BYTES);
}
INLINE void release_tiles(void) { _tile_release(); }

/// Tile registers 0 … 3 hold sums, 4 and 5 rows of x, 6 and 7 a block of one vector of the panel each. Up to 16 rows
/// are one tile, which takes four vectors at once; more rows are two tiles, `top` and `bottom`, which take two.
static void configure_tiles(size_t rows, size_t words) {
  const size_t top = top_rows(rows), bottom = rows > top ? rows - top : top;
  const size_t heights[8] = {top, top, bottom, bottom, top, bottom, words, words};
  const size_t bytes[8] = {LINE, LINE, LINE, LINE, words * 4, words * 4, LINE, LINE};
  configure_registers(heights, bytes);
}

#define MULTIPLY(sums, x, w)                    \
  if (bytes) _tile_dpbusd(sums, x, w);          \
  else _tile_dpbf16ps(sums, x, w)
/// Prefetches as many bytes of the next panel as a block has of this one.
INLINE void fetch_block(const char **ahead, size_t bytes) {
  if (!*ahead) return;
  for (size_t byte = 0; byte < bytes; byte += LINE) __builtin_prefetch(*ahead + byte, 0, 2);
  *ahead += bytes;
}

/// to[rows][vectors] = start + x·wᵀ for one tile of rows and all vectors of a panel. Strides are in bytes; `start` and
/// `to` are float32, or 32-bit integers for products of bytes.
INLINE void one_tile_of_rows(const bool bytes, const size_t vectors, char *to, size_t stride, const char *start,
                             size_t start_stride, const char *w, const uint8_t *x, size_t x_stride, word_blocks blocks,
                             const char *ahead) {
  const size_t line = vectors * LINE, block_bytes = blocks.words * line;
  if (start) {
    _tile_loadd(0, start, start_stride);
    _tile_loadd(1, start + LINE, start_stride);
    _tile_loadd(2, start + 2 * LINE, start_stride);
    if (vectors == 4) _tile_loadd(3, start + 3 * LINE, start_stride);
  } else {
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  }
  for (size_t block = 0; block < blocks.count; block++, w += block_bytes, x += blocks.words * 4) {
    fetch_block(&ahead, block_bytes);
    _tile_loadd(4, x, x_stride);
    _tile_loadd(6, w, line);
    MULTIPLY(0, 4, 6);
    _tile_loadd(7, w + LINE, line);
    MULTIPLY(1, 4, 7);
    _tile_loadd(6, w + 2 * LINE, line);
    MULTIPLY(2, 4, 6);
    if (vectors == 4) {
      _tile_loadd(7, w + 3 * LINE, line);
      MULTIPLY(3, 4, 7);
    }
  }
  _tile_stored(0, to, stride);
  _tile_stored(1, to + LINE, stride);
  _tile_stored(2, to + 2 * LINE, stride);
  if (vectors == 4) _tile_stored(3, to + 3 * LINE, stride);
}

/// The same for two tiles of rows and one or two vectors of a panel whose lines are `line` bytes long.
INLINE void two_tiles_of_rows(const bool bytes, const bool two_vectors, size_t top, char *to, size_t stride,
                              const char *start, size_t start_stride, const char *w, size_t line, const uint8_t *x,
                              size_t x_stride, word_blocks blocks, const char *ahead) {
  if (start) {
    _tile_loadd(0, start, start_stride);
    if (two_vectors) _tile_loadd(1, start + LINE, start_stride);
    _tile_loadd(2, start + top * start_stride, start_stride);
    if (two_vectors) _tile_loadd(3, start + top * start_stride + LINE, start_stride);
  } else {
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  }
  for (size_t block = 0; block < blocks.count; block++, w += blocks.words * line, x += blocks.words * 4) {
    fetch_block(&ahead, blocks.words * (two_vectors ? 2 : 1) * LINE);
    _tile_loadd(4, x, x_stride);
    _tile_loadd(6, w, line);
    MULTIPLY(0, 4, 6);
    _tile_loadd(5, x + top * x_stride, x_stride);
    MULTIPLY(2, 5, 6);
    if (two_vectors) {
      _tile_loadd(7, w + LINE, line);
      MULTIPLY(1, 4, 7);
      MULTIPLY(3, 5, 7);
    }
  }
  _tile_stored(0, to, stride);
  if (two_vectors) _tile_stored(1, to + LINE, stride);
  _tile_stored(2, to + top * stride, stride);
  if (two_vectors) _tile_stored(3, to + top * stride + LINE, stride);
}
#undef MULTIPLY

INLINE void sum_on_tiles(const bool bytes, const matrix_walk *m, const char *w, const char *ahead, size_t rows,
                         char *to, size_t stride, const char *start, size_t start_stride, tile_rows x) {
  const size_t top = top_rows(rows), line = m->vectors * LINE, part = m->blocks.count * m->blocks.words * 2 * LINE;
  if (rows == top) {
    if (m->vectors == 4)
      one_tile_of_rows(bytes, 4, to, stride, start, start_stride, w, x.words, x.words_stride, m->blocks, ahead);
    else one_tile_of_rows(bytes, 3, to, stride, start, start_stride, w, x.words, x.words_stride, m->blocks, ahead);
    return;
  }
  two_tiles_of_rows(bytes, true, top, to, stride, start, start_stride, w, line, x.words, x.words_stride, m->blocks,
                    ahead);
  to += 2 * LINE, w += 2 * LINE;
  if (start) start += 2 * LINE;
  if (ahead) ahead += part;
  if (m->vectors == 4)
    two_tiles_of_rows(bytes, true, top, to, stride, start, start_stride, w, line, x.words, x.words_stride, m->blocks,
                      ahead);
  else
    two_tiles_of_rows(bytes, false, top, to, stride, start, start_stride, w, line, x.words, x.words_stride, m->blocks,
                      ahead);
}

/// to[rows][vectors·LANES] = start + x·panelᵀ; fetches the panel `ahead` meanwhile, or nothing if it is NULL.
static void multiply_on_matrix_tiles(matrix_walk *m, const char *panel, const char *ahead, size_t rows, float *to,
                                     size_t stride, const float *start, size_t start_stride, tile_rows x) {
  if (rows == 1 && m->kind == MYNAH_WEIGHTS_BFLOAT16) {
    // Tiles treat denormals as zero.
    const unsigned control = _mm_getcsr();
    _mm_setcsr(control | _MM_FLUSH_ZERO_ON | _MM_DENORMALS_ZERO_ON);
    one_row_of_panel(m->vectors, to, start, panel, x.words, m->blocks);
    _mm_setcsr(control);
    return;
  }
  if (rows != m->rows) configure_tiles(rows, m->blocks.words);
  m->rows = rows;
  if (m->kind == MYNAH_WEIGHTS_BFLOAT16) {
    sum_on_tiles(false, m, panel, ahead, rows, (char *)to, stride * 4, (const char *)start, start_stride * 4, x);
    return;
  }
  const size_t width = m->vectors * LANES;
  const float *scales = (const float *)(const void *)panel, *offsets = scales + width;
  int32_t sums[MOST_MATRIX_ROWS * MOST_PANEL_LANES] __attribute__((aligned(LINE)));
  sum_on_tiles(true, m, (const char *)(offsets + width), ahead, rows, (char *)sums, width * 4, (const char *)offsets, 0,
               x);
  for (size_t r = 0; r < rows; r++)
    for (size_t lane = 0; lane < width; lane += LANES)
      store_product(to + r * stride + lane, *(const vint *)(const void *)(sums + r * width + lane), load(scales + lane),
                    x.scales[r], start ? start + r * start_stride + lane : NULL);
}
#else
enum { MOST_MATRIX_ROWS = 1 };
INLINE bool on_matrix_tiles(mynah_weights kind, size_t rows) {
  (void)kind, (void)rows;
  return false;
}
INLINE void release_tiles(void) {}
INLINE void multiply_on_matrix_tiles(matrix_walk *m, const char *panel, const char *ahead, size_t rows, float *to,
                                     size_t stride, const float *start, size_t start_stride, tile_rows x) {
  (void)m, (void)panel, (void)ahead, (void)rows, (void)to, (void)stride, (void)start, (void)start_stride, (void)x;
}
#endif
