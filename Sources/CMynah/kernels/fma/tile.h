// The register tile.

enum { TILE_LANES = TILE_VECTORS * LANES };

/// The operands of a tile, C[rows][vectors·LANES] = start + A·B over a block of k. For bfloat16 products, an element of
/// A or B is a pair of bfloat16 values, in order of k.
typedef struct {
  float *c;
  size_t c_stride, c_group_stride;          // between rows, and between groups of KEPT_WIDTH columns
  const float *start;                       // NULL for zeros
  size_t start_stride, start_group_stride;  // likewise; a stride of 0 repeats one row: a bias
  const float *a;
  size_t row_stride, k_stride;              // between rows, and between elements of a row
  size_t k_group, k_group_stride;           // every k_group elements of a row begin a group; the stride between groups
  const float *b;                           // [k][vectors·LANES]
  size_t k;
  const float *ahead;                       // prefetched to the L2 cache meanwhile, two steps further at every other k
  size_t ahead_step;                        // 0: always the same line
} tile_operands;

/// The offset of vector v in a row whose groups are `group_stride` apart.
INLINE size_t tile_vector(size_t v, size_t group_stride) {
  return v / KEPT_VECTORS * group_stride + v % KEPT_VECTORS * LANES;
}

/// Adds to the sums the products of one element of each row of A with a row of B. The first three rows of A are
/// addressed from `upper`, the others from `lower`.
INLINE void add_products(const bool pairs, const size_t rows, const size_t vectors,
                         vfloat sums[TILE_ROWS][TILE_VECTORS], const float *upper, const float *lower,
                         const size_t row_stride, const float *b) {
  vfloat columns[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t v = 0; v < vectors; v++) columns[v] = load(b + v * LANES);
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    vfloat element = splat_bits(r < 3 ? upper + r * row_stride : lower + (r - 3) * row_stride);
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++)
      sums[r][v] = pairs ? dot_pairs(element, columns[v], sums[r][v]) : fma_(element, columns[v], sums[r][v]);
  }
}

/// Adds the products of `count` elements of each row, whose elements are contiguous.
INLINE void add_products_of_rows(const bool pairs, const size_t rows, const size_t vectors,
                                 vfloat sums[TILE_ROWS][TILE_VECTORS], const float *a, size_t row_stride,
                                 const float *b, size_t count, const float *ahead, size_t ahead_step) {
  const size_t width = vectors * LANES;
  const float *lower = a + 3 * row_stride;
  OPAQUE(lower);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < 4; j++) {
      if (j % 2 == 0) __builtin_prefetch(ahead, 0, 2), ahead += 2 * ahead_step;
      add_products(pairs, rows, vectors, sums, a + i + j, lower + i + j, row_stride, b + (i + j) * width);
    }
  }
  for (; i < count; i++) add_products(pairs, rows, vectors, sums, a + i, lower + i, row_stride, b + i * width);
}

/// Adds the products of `count` elements of each row, where the rows are next to each other: the columns of a matrix.
INLINE void add_products_of_columns(const bool pairs, const size_t rows, const size_t vectors,
                                    vfloat sums[TILE_ROWS][TILE_VECTORS], const float *a, size_t k_stride,
                                    const float *b, size_t count, const float *ahead, size_t ahead_step) {
  const size_t width = vectors * LANES;
  size_t i = 0;
  for (; i + 2 <= count; i += 2, b += 2 * width, ahead += 2 * ahead_step) {
    __builtin_prefetch(ahead, 0, 2);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < 2; j++, a += k_stride) {
      OPAQUE(a);
      add_products(pairs, rows, vectors, sums, a, a + 3, 1, b + j * width);
    }
  }
  if (i < count) add_products(pairs, rows, vectors, sums, a, a + 3, 1, b);
}

INLINE void tile(const bool pairs, const size_t rows, const size_t vectors, const tile_operands *t) {
  float *const c = t->c;
  const size_t c_stride = t->c_stride, c_group_stride = t->c_group_stride;
  vfloat sums[TILE_ROWS][TILE_VECTORS];
  // C is written at the end; meanwhile, the rows of the next tile, below this one, are prefetched.
  const float *start = t->start, *next = c + rows * c_stride;
  const size_t start_stride = t->start_stride, start_group_stride = t->start_group_stride;
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
      __builtin_prefetch(next + tile_vector(v, c_group_stride), 1);
      sums[r][v] = start ? load(start + tile_vector(v, start_group_stride)) : splat(0);
    }
    if (start) start += start_stride;
    next += c_stride;
    OPAQUE(next);  // else the compiler computes all addresses at once, in more instructions
  }
  const float *b = t->b, *group = t->a, *ahead = t->ahead;
  const size_t row_stride = t->row_stride, k_stride = t->k_stride, group_stride = t->k_group_stride;
  for (size_t rest = t->k, count; rest > 0; rest -= count, group += group_stride) {
    count = minimum(t->k_group, rest);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++)
      if (group_stride) __builtin_prefetch(group + group_stride + r * row_stride);
    if (k_stride == 1)
      add_products_of_rows(pairs, rows, vectors, sums, group, row_stride, b, count, ahead, t->ahead_step);
    else add_products_of_columns(pairs, rows, vectors, sums, group, k_stride, b, count, ahead, t->ahead_step);
    b += count * vectors * LANES, ahead += count * t->ahead_step;
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) store(c + r * c_stride + tile_vector(v, c_group_stride), sums[r][v]);
}

// A tile of few rows reads several panels, so that it has enough independent sums to keep the arithmetic units busy:
// the result of a multiply-add is available after four cycles, in which eight can start.
enum { INDEPENDENT_SUMS = 8, MOST_FEW_ROWS = TILE_VECTORS == 2 ? 2 : 1 };
INLINE size_t panels_of_few_rows(size_t rows) { return INDEPENDENT_SUMS / TILE_VECTORS / rows; }

/// The same for `rows` rows and all columns of several whole panels, `panel_stride` apart.
INLINE void tile_of_few_rows(const bool pairs, const size_t rows, const tile_operands *t, size_t panel_stride) {
  const size_t vectors = panels_of_few_rows(rows) * TILE_VECTORS;
  vfloat sums[MOST_FEW_ROWS][INDEPENDENT_SUMS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++)
      sums[r][v] = t->start ? load(t->start + r * t->start_stride + tile_vector(v, t->start_group_stride)) : splat(0);
  const float *b = t->b, *group = t->a;
  for (size_t rest = t->k, count; rest > 0; rest -= count, group += t->k_group_stride) {
    count = minimum(t->k_group, rest);
    const float *a = group;
    for (size_t i = 0; i < count; i++, a += t->k_stride, b += TILE_LANES) {
      vfloat elements[MOST_FEW_ROWS];
#pragma clang loop unroll(full)
      for (size_t r = 0; r < rows; r++) elements[r] = splat_bits(a + r * t->row_stride);
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) {
        const vfloat column = load(b + v / TILE_VECTORS * panel_stride + v % TILE_VECTORS * LANES);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++)
          sums[r][v] = pairs ? dot_pairs(elements[r], column, sums[r][v]) : fma_(elements[r], column, sums[r][v]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++)
      store(t->c + r * t->c_stride + tile_vector(v, t->c_group_stride), sums[r][v]);
}

/// The same for a number of rows that is not a constant.
INLINE void multiply_few_rows(const bool pairs, size_t rows, const tile_operands *t, size_t panel_stride) {
  if (rows == 1) tile_of_few_rows(pairs, 1, t, panel_stride);
#if TILE_VECTORS == 2
  else tile_of_few_rows(pairs, 2, t, panel_stride);
#endif
}

typedef void (*tile_function)(const tile_operands *t);

#define TILE(name, pairs, rows, vectors) \
  static WITHOUT_DEBUG void name##_##rows##_##vectors(const tile_operands *t) { tile(pairs, rows, vectors, t); }
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
#define ALL_TILES(name, pairs)                                               \
  TILES_OF(name, pairs, 1) TILES_OF(name, pairs, 2) TILES_OF(name, pairs, 3) \
  TILES_OF(name, pairs, 4) MORE_TILES(name, pairs)                           \
  static const tile_function name[TILE_ROWS][TILE_VECTORS] = {               \
      TILE_NAMES(name, 1), TILE_NAMES(name, 2), TILE_NAMES(name, 3), TILE_NAMES(name, 4), MORE_NAMES(name)};
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

/// Computes a tile whose last columns are outside C in a buffer, and copies only the valid columns.
static void tile_at_edge(tile_function function, size_t rows, size_t width, size_t valid, const tile_operands *t) {
  float aside[TILE_ROWS * TILE_LANES];
  tile_operands inside = *t;
  inside.c = aside, inside.c_stride = width, inside.c_group_stride = KEPT_WIDTH;
  memset(aside, 0, sizeof aside);
  if (t->start) {
    for (size_t r = 0; r < rows; r++) memcpy(aside + r * width, t->start + r * t->start_stride, valid * sizeof(float));
    inside.start = aside, inside.start_stride = width, inside.start_group_stride = KEPT_WIDTH;
  }
  function(&inside);
  for (size_t r = 0; r < rows; r++) memcpy(t->c + r * t->c_stride, aside + r * width, valid * sizeof(float));
}

/// Sets the operands C and start of a tile at row r and column `first`, for a block of k, which may be the first one.
INLINE void place_tile(const product *s, tile_operands *t, size_t r, size_t first, bool is_first_block) {
  const bool is_kept = s->group_stride != 0;
  t->c_stride = s->ldc, t->c_group_stride = is_kept ? s->group_stride : KEPT_WIDTH;
  t->c = s->c + r * s->ldc + first / KEPT_WIDTH * t->c_group_stride;
  t->start = is_first_block ? start_of(s, r, first, t->c) : t->c;
  const bool starts_from_c = t->start == t->c;
  t->start_stride = starts_from_c ? s->ldc : s->start_stride;
  t->start_group_stride = starts_from_c ? t->c_group_stride : KEPT_WIDTH;
}

/// Row tiles of balanced heights: the first `higher` have a row more than the others.
typedef struct {
  size_t count, height, higher;
} row_tiles;
INLINE row_tiles row_tiles_of(size_t m) {
  size_t count = (m + TILE_ROWS - 1) / TILE_ROWS;
  return (row_tiles){count, m / count, m % count};
}

/// The columns of a tile that are inside C.
INLINE size_t valid_columns(const product *s, size_t first, size_t width) {
  return s->whole_vectors ? width : minimum(width, s->n - first);
}

/// Computes `rows` rows of C in tiles of `width` columns, of which `valid` are inside C. `next` has the operands of the
/// first tile, and on return those of the tile that would follow.
INLINE void multiply_tiles(const tile_function (*functions)[TILE_VECTORS], size_t rows, size_t width, size_t valid,
                           tile_operands *next) {
  const row_tiles shares = row_tiles_of(rows);
  for (size_t t = 0, height; t < shares.count; t++) {
    height = shares.height + (t < shares.higher);
    const tile_function function = functions[height - 1][width / LANES - 1];
    if (valid < width) tile_at_edge(function, height, width, valid, next);
    else function(next);
    next->a += height * next->row_stride;
    next->c += height * next->c_stride;
    if (next->start) next->start += height * next->start_stride;
    next->ahead += next->k * next->ahead_step;
  }
}
