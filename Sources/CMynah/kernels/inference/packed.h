// Weights in panels: packed once, used for every token.
//
// A panel holds 4 vectors of rows of W, k after k:
//   float32   [K][4·LANES]
//   bfloat16  [(K+1)/2][4·LANES][2]: pairs of k, widened by a shift and a mask
//   int8      scales [4·LANES], offsets −128·Σ row [4·LANES], then [(K+3)/4][4·LANES][4]
// With `gates`, the vectors are i, f, g, o of the same LANES units, so that whoever owns a panel can apply the gates.

enum { PANEL_VECTORS = 4, PANEL_LANES = PANEL_VECTORS * LANES };

INLINE size_t panels_of(const mynah_packed *m) {
  size_t rows = m->gates ? m->rows / PANEL_VECTORS * PANEL_VECTORS : m->rows;
  return m->gates ? vectors_of(rows / PANEL_VECTORS) : (m->rows + PANEL_LANES - 1) / PANEL_LANES;
}

INLINE size_t bytes_of_panel(mynah_weights kind, size_t columns) {
  switch (kind) {
    case MYNAH_WEIGHTS_BFLOAT16: return (columns + 1) / 2 * PANEL_LANES * 4;
    case MYNAH_WEIGHTS_INT8: return (2 + (columns + 3) / 4) * PANEL_LANES * 4;
    default: return columns * PANEL_LANES * 4;
  }
}

static size_t packed_bytes(mynah_weights kind, size_t rows, size_t columns, bool gates) {
  mynah_packed m = {.kind = kind, .rows = rows, .columns = columns, .gates = gates};
  return panels_of(&m) * bytes_of_panel(kind, columns);
}

/// The row of W that stands in a panel's lane, or SIZE_MAX for padding.
INLINE size_t row_of_lane(const mynah_packed *m, size_t panel, size_t lane) {
  if (!m->gates) return panel * PANEL_LANES + lane < m->rows ? panel * PANEL_LANES + lane : SIZE_MAX;
  size_t hidden = m->rows / PANEL_VECTORS, unit = panel * LANES + lane % LANES;
  return unit < hidden ? lane / LANES * hidden + unit : SIZE_MAX;
}

/// One row of W into its lane of a panel. Blocks of k would not help: a row is read along, and lines stay in the second cache.
static void pack_lane(void *panel, mynah_weights kind, size_t lane, const float *row, size_t columns) {
  switch (kind) {
    case MYNAH_WEIGHTS_BFLOAT16: {
      uint32_t *to = (uint32_t *)panel + lane;
      enum { BLOCK = 256 };
      uint32_t pairs[BLOCK / 2] = {0};
      for (size_t k = 0; k < columns; k += BLOCK) {
        size_t count = columns - k < BLOCK ? columns - k : BLOCK;
        if (row) round_row(pairs, row + k, count);
        for (size_t i = 0; i < pairs_of(count); i++) to[(k / 2 + i) * PANEL_LANES] = pairs[i];
      }
      return;
    }
    case MYNAH_WEIGHTS_INT8: {
      float *scale = (float *)panel + lane, inverse = 0;
      int32_t *offset = (int32_t *)panel + PANEL_LANES + lane, sum = 0;
      int8_t *to = (int8_t *)panel + 8 * PANEL_LANES + 4 * lane;
      *scale = row ? scale_of(largest_magnitude(row, columns), &inverse) : 0;
      for (size_t k = 0; k < columns; k += LANES) {
        size_t count = minimum(LANES, columns - k);
        vint q = row ? rounded(load_first(row + k, count), inverse) : (vint){0};
        for (size_t j = 0; j < count; j++) {
          to[(k + j) / 4 * 4 * PANEL_LANES + (k + j) % 4] = (int8_t)q[j];
          sum += (int8_t)q[j];
        }
      }
      for (size_t k = columns; k % 4; k++) to[k / 4 * 4 * PANEL_LANES + k % 4] = 0;
      *offset = -128 * sum;
      return;
    }
    default: {
      float *to = (float *)panel + lane;
      for (size_t k = 0; k < columns; k++) to[k * PANEL_LANES] = row ? row[k] : 0;
    }
  }
}

typedef struct {
  char *panels;
  const mynah_packed *matrix;
  const float *w;
} packing;

static void pack_work(void *context, const mynah_worker *worker) {
  const packing *s = context;
  const mynah_packed *m = s->matrix;
  range own = share(panels_of(m), worker);
  for (size_t p = own.first; p < own.last; p++)
    for (size_t lane = 0; lane < PANEL_LANES; lane++) {
      size_t row = row_of_lane(m, p, lane);
      pack_lane(s->panels + p * bytes_of_panel(m->kind, m->columns), m->kind, lane, row == SIZE_MAX ? NULL : s->w + row * m->columns,
                m->columns);
    }
}

static void pack_panels(mynah_team *team, void *panels, const mynah_packed *matrix, const float *w) {
  packing s = {panels, matrix, w};
  mynah_team_run(team, pack_work, &s);
}
