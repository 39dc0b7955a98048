// Packing B in panels.

enum { K_BLOCK = 512 };

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

/// Panels begin at groups of KEPT_WIDTH columns, which are shared out evenly over the fewest panels possible.
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
static void pack_pairs(float *restrict packed, source_rows b, size_t k, size_t n, range panels) {
  size_t pairs = pairs_of(k);
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(n, p);
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
          lines[line] = (j + LANES <= valid ? load(from) : load_first(from, valid - j)) *
                        (b.scales ? b.scales[2 * i + line] : 1.0f);
        }
        store(to + j, (vfloat)round_pairs(lines[0], lines[1]));
      }
  }
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
        vfloat lines[LANES];
        size_t count = minimum(2 * LANES, k - k0);
        for (size_t i = 0; i < LANES; i++) {
          lines[i] = splat(0);
          if (j + i < valid) round_row((uint32_t *)&lines[i], b + (first + j + i) * ld + k0, count);
        }
        transpose(lines);
        for (size_t i = 0; i < pairs_of(count); i++) store(to + (k0 / 2 + i) * width + j, lines[i]);
      }
  }
}
#endif

static void pack(float *restrict packed, source_rows b, size_t k, size_t n, range panels, const form form) {
  PAIRS_INSTEAD(form, pack_pairs(packed, b, k, n, panels))
  for (size_t p = panels.first; p < panels.last; p++) {
    range v = panel_vectors(n, p);
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
        // Constant bounds keep a whole block in registers.
        if (rows == LANES && count == LANES) transpose_block(block, width, from, ld, LANES, LANES);
        else transpose_block(block, width, from, ld, rows, count);
      }
  }
}
#undef PAIRS_INSTEAD
