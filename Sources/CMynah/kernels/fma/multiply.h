// Products with a packed B.

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
      // Values written beyond the tile's rows are overwritten by the next pair.
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

/// Copies a row tile over a block of k to [length][TILE_ROWS], from rows that are contiguous in every line of A.
INLINE void gather_lines(float *to, const float *from, size_t rows, size_t k_stride, size_t length, bool is_last) {
  for (size_t i = 0; i < length; i++) {
    // A whole vector may be read where another line of A follows; values written beyond the tile are overwritten by the next
    // line.
    bool inside = i + 1 < length || !is_last;
    store(to + i * TILE_ROWS, inside ? load(from + i * k_stride) : load_first(from + i * k_stride, rows));
  }
}

/// C = start + A·B for each of some B.
static void multiply(operand a, size_t m, size_t k, const product *products, size_t count, const form form) {
  if (m == 0) return;
  PAIRS_INSTEAD(form, multiply_pairs(a, m, k, products, count))
  row_tiles shares = row_tiles_of(m);
  // One pass over k at least, so that C is written when k is 0.
  for (size_t k0 = 0, length; k0 == 0 || k0 < k; k0 += length) {
    length = minimum(k - k0, K_BLOCK);
    k_block block = {tiles, k, k0, length};
    const float *a_block = a.base + k0 * a.k_stride;
    // Long columns of A that are scattered over as many pages as they are long are gathered once and serve all panels.
    bool gathers = a.k_stride > K_BLOCK && length >= K_BLOCK / 2 && a.row_stride == 1;
    float gathered[TILE_ROWS * K_BLOCK + LANES];
    if (gathers) {
      for (size_t t = 0, r = 0, rows; t < shares.count; t++, r += rows) {
        rows = shares.height + (t < shares.higher);
        gather_lines(gathered, a_block + r, rows, a.k_stride, length, k0 + length == k);
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
