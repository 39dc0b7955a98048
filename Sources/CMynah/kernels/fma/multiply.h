// Products with a packed B.

// The number of rows of A that are multiplied with all panels before the next rows: enough to reuse a panel often, few
// enough that a block of them stays in the L2 cache. Both are multiples of the groups of kept matrices and of tiles.
enum { BLOCK_ROWS_IN_PLACE = 144, BLOCK_ROWS_GATHERED = 48 };
// The number of rows of A that are gathered together, and the memory for all of a block. With narrow vectors, a group
// has the rows of one tile, since more would push a panel of B out of a first-level cache of 32 KiB (Zen 3 with AVX2,
// two threads, median GFLOP/s of Aᵀ·B for groups of 16 and of 6 rows: 456 × 1024 × 1200 63 and 110, 128 × 10000 × 1200
// 80 and 94).
#if LANES == 8
enum { GATHERED_ROWS = TILE_ROWS, GATHERED_WIDTH = LANES };
#else
enum { GATHERED_ROWS = KEPT_WIDTH, GATHERED_WIDTH = KEPT_WIDTH };
#endif
enum { GATHERED_SIZE = (BLOCK_ROWS_GATHERED + GATHERED_ROWS - 1) / GATHERED_ROWS * GATHERED_WIDTH * K_BLOCK };

/// A block of A in the form that tiles read: rows, or groups of KEPT_WIDTH rows whose elements of one k are contiguous.
typedef struct {
  const float *base;
  size_t row_stride, k_stride;
  size_t rows_together, together_stride;  // rows that share lines of A, and the stride from these to the next ones
  size_t k_group, k_group_stride;
} a_block;

INLINE a_block block_in_place(const operand *a, size_t row, size_t k0, size_t length) {
  const bool in_rows = a->k_stride == 1;
  return (a_block){.base = element(a, row, k0),
                   .row_stride = a->row_stride,
                   .k_stride = a->k_stride,
                   .rows_together = in_rows ? BLOCK_ROWS_IN_PLACE : KEPT_WIDTH,
                   .together_stride = a->row_group_stride,
                   .k_group = a->k_group_stride ? k_group_of(a) : length,
                   .k_group_stride = a->k_group_stride};
}

/// Copies columns of A that are scattered over memory to [groups of GATHERED_ROWS rows][k][GATHERED_WIDTH].
INLINE a_block gather_columns(float *to, const operand *a, size_t row, size_t rows, size_t k0, size_t length) {
  const float *from = element(a, row, k0);
  for (size_t i = 0; i < length; i++, from += a->k_stride) {
    if (IS_NARROW && i + ROWS_AHEAD < length) fetch_lines(from + ROWS_AHEAD * a->k_stride, rows);
    float *group = to + i * GATHERED_WIDTH;
    for (size_t r = 0; r < rows; r += GATHERED_ROWS, group += GATHERED_WIDTH * length)
      for (size_t j = 0; j < GATHERED_WIDTH && r + j < rows; j += LANES)
        store(group + j, load_first(from + r + j, minimum(LANES, rows - r - j)));
  }
  return (a_block){.base = to, .row_stride = 1, .k_stride = GATHERED_WIDTH, .rows_together = GATHERED_ROWS,
                   .together_stride = GATHERED_WIDTH * length, .k_group = length};
}

#if HAS_DOT
/// Rounds rows of A to pairs, [rows][K_BLOCK / 2].
INLINE a_block gather_row_pairs(uint32_t *to, const operand *a, size_t row, size_t rows, size_t k0, size_t length) {
  const size_t together = a->k_group_stride ? KEPT_WIDTH : length;
  for (size_t i = 0; i < length; i += together) {
    const float *from = element(a, row, k0 + i);
    for (size_t r = 0; r < rows; r++, from += a->row_stride) {
      __builtin_prefetch(from + a->k_group_stride);  // the next group is far away
      round_row(to + r * (K_BLOCK / 2) + i / 2, from, minimum(together, length - i));
    }
  }
  return (a_block){.base = (float *)to, .row_stride = K_BLOCK / 2, .k_stride = 1, .rows_together = BLOCK_ROWS_GATHERED,
                   .k_group = pairs_of(length)};
}

/// Rounds `count` columns of A to pairs, [pairs][KEPT_WIDTH].
INLINE void gather_group_pairs(uint32_t *to, const float *from, size_t k_stride, size_t length, const size_t count) {
  for (size_t i = 0; i < length; i += 2, from += 2 * k_stride, to += KEPT_WIDTH)
    for (size_t j = 0; j < count; j += LANES) {
      const size_t valid = minimum(LANES, count - j);
      const vfloat even = load_first(from + j, valid);
      const vfloat odd = i + 1 < length ? load_first(from + k_stride + j, valid) : splat(0);
      store((float *)to + j, (vfloat)round_pairs(even, odd));
    }
}

/// Rounds columns of A to pairs, [groups of KEPT_WIDTH rows][pairs][KEPT_WIDTH].
INLINE a_block gather_column_pairs(uint32_t *to, const operand *a, size_t row, size_t rows, size_t k0, size_t length) {
  const size_t pairs = pairs_of(length);
  for (size_t r = 0; r < rows; r += KEPT_WIDTH) {
    const float *from = element(a, row + r, k0);
    // A constant count removes the conditions from the loop of a whole group.
    if (rows - r >= KEPT_WIDTH) gather_group_pairs(to + r * pairs, from, a->k_stride, length, KEPT_WIDTH);
    else gather_group_pairs(to + r * pairs, from, a->k_stride, length, rows - r);
  }
  return (a_block){.base = (float *)to, .row_stride = 1, .k_stride = KEPT_WIDTH, .rows_together = KEPT_WIDTH,
                   .together_stride = KEPT_WIDTH * pairs, .k_group = pairs};
}
#endif

INLINE bool is_in_groups(const a_block *a) { return a->rows_together == KEPT_WIDTH && a->k_stride == KEPT_WIDTH; }

/// Makes the following `tiles` tiles prefetch `next`, a share each; it has `width` floats for each k.
INLINE void fetch_shares(tile_operands *operands, const float *next, size_t width, size_t tiles) {
  operands->ahead_step = (width + tiles - 1) / tiles;
  operands->ahead = next;
}

/// The number of panels from p on that a tile of few rows reads together; 1 if they are not whole, or at the edge of C.
INLINE size_t panels_together(const product *s, size_t p, size_t rows) {
  const size_t count = rows > MOST_FEW_ROWS ? 1 : panels_of_few_rows(rows);
  if (count == 1 || p + count > s->panels.last) return 1;
  const size_t first = panel_start(s->n, p), end = panel_start(s->n, p + count);
  return end - first == count * TILE_LANES && (s->whole_vectors || end <= s->n) ? count : 1;
}

/// The operands A and B of a tile over `length` elements of k. It prefetches nothing: always the same line.
INLINE tile_operands operands_of(const a_block *block, const float *a, const float *b, size_t length) {
  return (tile_operands){.a = a,
                         .row_stride = block->row_stride,
                         .k_stride = block->k_stride,
                         .k_group = block->k_group,
                         .k_group_stride = block->k_group_stride,
                         .b = b,
                         .k = length,
                         .ahead = block->base};
}

/// Multiplies a block of `rows` rows of A, from `row` on, with all panels of one B.
///
/// Tiles prefetch what would otherwise be waited for. During the first panel, that is the next group of A, because each
/// group is read only once, for few sums, and comes from the last-level cache or memory (gradient of ptb's output
/// weights: 68 % of the peak without prefetching, 94 % with it). During the other panels, and if A is not in groups, it
/// is the next panel, which comes from the last-level cache (Zen 3 with AVX2, in GFLOP/s: 36 without and 57 with
/// prefetching for 20 × 2600 × 650, 64 and 83 for 64 × 2600 × 650).
INLINE void multiply_block(const product *s, const a_block *a, size_t row, size_t rows, size_t k, size_t k0,
                           size_t length, const bool pairs) {
#if HAS_DOT
  const tile_function (*functions)[TILE_VECTORS] = pairs ? pair_tiles : tiles;
#else
  const tile_function (*functions)[TILE_VECTORS] = tiles;
#endif
  const size_t tiles = row_tiles_of(rows).count;  // at least; prefetching a little past the next panel does no harm
  for (size_t p = s->panels.first, together; p < s->panels.last; p += together) {
    const range v = panel_vectors(s->n, p);
    const size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    const float *b = s->packed + first * k + k0 * width;
    together = panels_together(s, p, rows);
    tile_operands operands = operands_of(a, a->base, b, length);
    place_tile(s, &operands, row, first, k0 == 0);
    if (together > 1) {
      multiply_few_rows(pairs, rows, &operands, TILE_LANES * k);
      continue;
    }
    const size_t valid = valid_columns(s, first, width);
    const bool fetches_a = p == s->panels.first && is_in_groups(a);
    if (!fetches_a && p + 1 < s->panels.last) fetch_shares(&operands, b + width * k, width, tiles);
    for (size_t r0 = 0; r0 < rows; r0 += a->rows_together) {
      const size_t count = minimum(a->rows_together, rows - r0);
      operands.a = a->base + r0 / a->rows_together * a->together_stride;
      if (fetches_a) fetch_shares(&operands, operands.a + a->together_stride, KEPT_WIDTH, row_tiles_of(count).count);
      multiply_tiles(functions, count, width, valid, &operands);
    }
  }
}

/// Computes C = start + A·B for each of several B.
static void multiply(operand a, size_t m, size_t k, const product *products, size_t count, const form form) {
  const bool in_pairs = HAS_DOT && form == FORM_BFLOAT16,
             in_place = in_pairs ? a.in_pairs : a.k_stride == 1 || a.row_group_stride;
  const size_t most = in_place ? BLOCK_ROWS_IN_PLACE : BLOCK_ROWS_GATHERED;
  float gathered[GATHERED_SIZE] __attribute__((aligned(64)));
  const size_t k_block = k_block_of(k);
  // At least one pass over k, so that C is written even if k is 0.
  for (size_t k0 = 0, length; k0 == 0 || k0 < k; k0 += length) {
    length = minimum(k - k0, k_block);
    for (size_t row = 0, rows; row < m; row += rows) {
      rows = minimum(m - row, most);
      a_block block;
#if HAS_DOT
      if (in_pairs) {
        block = in_place          ? block_in_place(&a, row, k0 / 2, pairs_of(length))
                : a.k_stride == 1 ? gather_row_pairs((uint32_t *)gathered, &a, row, rows, k0, length)
                                  : gather_column_pairs((uint32_t *)gathered, &a, row, rows, k0, length);
        for (const product *s = products; s < products + count; s++)
          multiply_block(s, &block, row, rows, pairs_of(k), k0 / 2, pairs_of(length), true);
        continue;
      }
#endif
      block = in_place ? block_in_place(&a, row, k0, length) : gather_columns(gathered, &a, row, rows, k0, length);
      for (const product *s = products; s < products + count; s++)
        multiply_block(s, &block, row, rows, k, k0, length, false);
    }
    if (k == 0) break;
  }
}
