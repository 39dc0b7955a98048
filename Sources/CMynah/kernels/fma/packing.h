// Packing B in panels.

// The maximum number of elements of k in a block; C is read and written once for each block. With wide vectors, a block
// covers the 600 to 720 rows of a chunk of the loss, and common layer sizes (Zen 4, two threads, paired runs with
// blocks of 512 and of 736: zaremba-medium 287 and 274 ms per step, ptb in bfloat16 41.5 and 41.0). Processors that
// have narrow vectors only often have smaller second-level caches, in which the rows of A must stay.
enum { K_BLOCK = LANES == 16 ? 736 : 512 };

/// The number of elements of k in each block but the last: blocks are about equal, so that none is too short to pay for
/// reading and writing C. They begin at groups of a kept matrix, also if it is kept in pairs.
INLINE size_t k_block_of(size_t k) {
  const size_t blocks = (k + K_BLOCK - 1) / K_BLOCK, group = 2 * KEPT_WIDTH;
  return blocks < 2 ? k : (k + blocks * group - 1) / (blocks * group) * group;
}

INLINE form form_for(mynah_precision precision, size_t rows) {
  (void)rows;
  return (form)precision;
}

#if HAS_DOT
#define PAIRS_INSTEAD(form, call)                                              \
  if (form == FORM_BFLOAT16) {                                           \
    call;                                                                      \
    return;                                                                    \
  }
#else
#define PAIRS_INSTEAD(form, call) (void)form;
#endif

// MARK: Panels

enum { PANEL_GROUPS = TILE_VECTORS / KEPT_VECTORS };

/// Panels begin at groups of KEPT_WIDTH columns, which are divided evenly among the minimum number of panels.
INLINE range all_panels(size_t n) { return (range){0, (kept_groups(n) + PANEL_GROUPS - 1) / PANEL_GROUPS}; }
/// The vectors of a panel.
INLINE range panel_vectors(size_t n, size_t panel) {
  const size_t groups = kept_groups(n), panels = all_panels(n).last;
  return (range){groups * panel / panels * KEPT_VECTORS,
                 minimum(vectors_of(n), groups * (panel + 1) / panels * KEPT_VECTORS)};
}
/// The first column of a panel.
INLINE size_t panel_start(size_t n, size_t panel) {
  return minimum(padded(n), kept_groups(n) * panel / all_panels(n).last * KEPT_WIDTH);
}
INLINE size_t packed_size(size_t n, size_t k) { return padded(n) * k; }

#if HAS_DOT
/// Vector j of two rows, multiplied by `scales` and rounded to bfloat16 pairs; `valid` columns are in B. A row may be
/// NULL for zeros.
INLINE vfloat pair_vector(const float *const rows[2], const float scales[2], size_t j, size_t valid) {
  vfloat lines[2];
  for (size_t line = 0; line < 2; line++)
    lines[line] = rows[line] ? load_first(rows[line] + j, valid) * scales[line] : splat(0);
  return (vfloat)round_pairs(lines[0], lines[1]);
}

static void pack_pairs(float *restrict packed, source_rows b, size_t k, size_t n, range panels) {
  size_t pairs = pairs_of(k);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(n, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    float *to = packed + first * pairs;
    for (size_t i = 0; i < pairs; i++, to += width) {
      const float *rows[2] = {NULL, NULL};
      float scales[2] = {1, 1};
      for (size_t line = 0; line < 2 && 2 * i + line < k; line++) {
        const float *row = source_row(&b, 2 * i + line);
        if (row) rows[line] = row + first;
        if (b.scales) scales[line] = b.scales[2 * i + line];
      }
      size_t j = 0;
      for (; j + LANES <= valid; j += LANES) store(to + j, pair_vector(rows, scales, j, LANES));
      if (j < width) store(to + j, pair_vector(rows, scales, j, valid - j));
    }
  }
}

/// Packs LANES columns and 2·LANES rows of B, or fewer, from its transpose.
INLINE void pack_pairs_block(float *to, size_t width, const float *from, size_t ld, const size_t columns,
                             const size_t count) {
  vfloat lines[LANES];
  const size_t low = minimum(LANES, count);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++)
    lines[i] = i < columns ? pairs_of_two(load_first(from + i * ld, low), load_first(from + i * ld + low, count - low))
                           : splat(0);
  transpose(lines);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++)
    if (i < pairs_of(count)) store(to + i * width, lines[i]);
}

static void pack_pairs_transposed(float *restrict packed, const float *restrict b, size_t ld, size_t k, size_t n,
                                  range panels) {
  size_t pairs = pairs_of(k);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(n, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    float *to = packed + first * pairs;
    for (size_t j = 0; j < width; j += LANES)
      for (size_t k0 = 0; k0 < k; k0 += 2 * LANES) {
        const float *from = b + (first + j) * ld + k0;
        float *block = to + k0 / 2 * width + j;
        const size_t columns = j < valid ? minimum(LANES, valid - j) : 0, count = minimum(2 * LANES, k - k0);
        // With constant bounds, a whole block stays in registers.
        if (columns == LANES && count == 2 * LANES) pack_pairs_block(block, width, from, ld, LANES, 2 * LANES);
        else pack_pairs_block(block, width, from, ld, columns, count);
      }
  }
}
#endif

// Narrow panels are packed together, four lines of each row, and rows further down are prefetched, since the processor
// does not prefetch lines that are so far apart. On a Zen 3 with AVX2, a product of 20 × 2624 × 650 takes half the
// time, and one of 128 × 10000 × 1200 two thirds. A row of a wide panel has four lines; there, rows are prefetched if
// they are on different pages (Zen 4, GFLOP/s of these products on one thread: 76 and 86, 95 and 97), since otherwise
// packing takes 10 to 20 % longer.
enum { PACKED_TOGETHER = 64 / TILE_LANES, IS_NARROW = PACKED_TOGETHER > 1, ROWS_AHEAD = 8, PAGE_FLOATS = 1024 };

/// Prefetches the cache lines of `count` floats.
INLINE void fetch_lines(const float *p, size_t count) {
  for (size_t i = 0; i < count; i += 64 / sizeof *p) __builtin_prefetch(p + i);
}

/// Copies the `valid` ≤ `width` columns of a row of one panel, multiplied by `scale`, followed by zeros.
INLINE void pack_columns(float *to, const float *from, size_t width, size_t valid, vfloat scale) {
  if (valid == TILE_LANES) {
#pragma clang loop unroll(full)
    for (size_t j = 0; j < TILE_LANES; j += LANES) store(to + j, load(from + j) * scale);
    return;
  }
  size_t j = 0;
  for (; j + LANES <= valid; j += LANES) store(to + j, load(from + j) * scale);
  if (j < width) store(to + j, load_first(from + j, valid - j) * scale);
}

static void pack(float *restrict packed, source_rows b, size_t k, size_t n, range panels, const form form) {
  PAIRS_INSTEAD(form, pack_pairs(packed, b, k, n, panels))
  const bool fetches_ahead = IS_NARROW || b.ld > PAGE_FLOATS;
  for (size_t p = panels.first, count; p < panels.last; p += count) {
    count = minimum(PACKED_TOGETHER, panels.last - p);
    size_t starts[PACKED_TOGETHER + 1];
    for (size_t q = 0; q <= count; q++) starts[q] = panel_start(n, p + q);
    const size_t valid = minimum(n, starts[count]) - starts[0];
    for (size_t i = 0; i < k; i++) {
      const float *ahead = fetches_ahead && i + ROWS_AHEAD < k ? source_row(&b, i + ROWS_AHEAD) : NULL;
      if (ahead) fetch_lines(ahead + starts[0], valid);
      const float *row = source_row(&b, i);
      const vfloat scale = splat(b.scales ? b.scales[i] : 1);
      for (size_t q = 0; q < count; q++) {
        const size_t first = starts[q], width = starts[q + 1] - first;
        float *to = packed + first * k + i * width;
        if (row) pack_columns(to, row + first, width, minimum(n, starts[q + 1]) - first, scale);
        else memset(to, 0, width * sizeof(float));
      }
    }
  }
}

/// Packs panels of B[k][n] given as its transpose, b[n][k] row-major with ld.
static void pack_transposed(float *restrict packed, const float *restrict b, size_t ld, size_t k, size_t n,
                            range panels, const form form) {
  PAIRS_INSTEAD(form, pack_pairs_transposed(packed, b, ld, k, n, panels))
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(n, p);
    size_t first = v.first * LANES, width = (v.last - v.first) * LANES;
    size_t valid = minimum(n, v.last * LANES) - first;
    float *to = packed + first * k;
    for (size_t j = 0; j < width; j += LANES)
      for (size_t k0 = 0; k0 < k; k0 += LANES) {
        const float *from = b + (first + j) * ld + k0;
        float *block = to + k0 * width + j;
        size_t rows = j < valid ? minimum(LANES, valid - j) : 0, count = minimum(LANES, k - k0);
        // With constant bounds, a whole block stays in registers.
        if (rows == LANES && count == LANES) transpose_block(block, width, from, ld, LANES, LANES);
        else transpose_block(block, width, from, ld, rows, count);
      }
  }
}
#undef PAIRS_INSTEAD
