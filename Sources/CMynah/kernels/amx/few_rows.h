// Products of few rows, by multiply-adds: B is packed as [panel][K][panel's columns] in float32, as in fma/, with the
// same panels as for tiles.

/// The columns of a panel, padded.
INLINE size_t few_width(size_t n, size_t panel) { return minimum(2, side_tiles(n) - 2 * panel) * SIDE; }

static void pack_few(float *packed, source_rows b, size_t k, size_t n, range panels) {
  for (size_t p = panels.first; p < panels.last; p++) {
    size_t first = panel_start(n, p), width = few_width(n, p);
    float *to = packed + first * k;
    for (size_t i = 0; i < k; i++, to += width) {
      const float *from = source_row(&b, i);
      for (size_t j = 0; j < width; j += LANES) {
        vfloat line = from ? load_masked(first_lanes(n - first - j), from + first + j) : splat(0);
        store(to + j, b.scales ? line * b.scales[i] : line);
      }
    }
  }
}

/// Packs panels of B[k][n] given as its transpose, b[n][k] row-major with ld.
static void pack_few_transposed(float *packed, const float *b, size_t ld, size_t k, size_t n, range panels) {
  for (size_t p = panels.first; p < panels.last; p++) {
    size_t first = panel_start(n, p), width = few_width(n, p);
    for (size_t j = 0; j < width; j += SIDE)
      for (size_t k0 = 0; k0 < k; k0 += SIDE) {
        __m512i lines[SIDE];
        for (size_t i = 0; i < SIDE; i++) {
          bool inside = first + j + i < n;
          lines[i] = inside ? (__m512i)load_masked(first_lanes(k - k0), b + (first + j + i) * ld + k0)
                            : _mm512_setzero_si512();
        }
        transpose(lines);
        for (size_t i = 0; i < minimum(SIDE, k - k0); i++)
          store(packed + first * k + (k0 + i) * width + j, (vfloat)lines[i]);
      }
  }
}

static void multiply_few(operand a, size_t m, size_t k, const product *products, size_t count) {
  for (const product *s = products; s < products + count; s++)
    for (size_t p = s->panels.first; p < s->panels.last; p++) {
      const size_t first = panel_start(s->n, p), width = few_width(s->n, p);
      tile_operands operands = {
          .a = a.base,
          .row_stride = a.row_stride,
          .k_stride = a.k_stride,
          .k_group = a.k_group_stride ? KEPT_WIDTH : k,
          .k_group_stride = a.k_group_stride,
          .b = s->packed + first * k,
          .k = k,
      };
      place_tile(s, &operands, 0, first, true);
      multiply_tiles(tiles, m, width, valid_columns(s, first, width), &operands);
    }
}
