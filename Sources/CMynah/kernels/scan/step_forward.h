// The pointwise part of a forward step, compiled once per cell: one indirect call per step, none per vector.

/// The outputs before step t: [B, P].
INLINE const float *hidden_before(const mynah_scan_forward *s, size_t t) {
  return t ? s->output + (t - 1) * s->sizes.batch * s->sizes.output : s->h0;
}

/// Loads the state before step t, the identity skip and the parameters of one vector of units.
INLINE void load_state(cell_units *u, const mynah_scan_forward *s, size_t t, size_t b, size_t unit, size_t valid,
                       const mynah_cell_traits *cell) {
  const size_t hidden = s->sizes.hidden, row = t * s->sizes.batch + b;
  if (cell->has_cell_state) u->c = load(kept_vector(s->cells, cells_rows(&s->sizes), row, unit / LANES));
  if (cell->blends_hidden) u->h = load_first(hidden_before(s, t) + b * hidden + unit, valid);
  if (cell->has_identity_skip) u->blocks[summed_blocks(cell)] = load_first(s->x + row * hidden + unit, valid);
  EACH_OF(cell->vectors, v) u->vectors[v] = load_first(s->vectors[v] + unit, valid);
}

/// Applies a cell to the sums of step t.
INLINE void step_forward(const mynah_scan_forward *s, size_t t, const step_share *own, const cell_kind *kind) {
  const mynah_cell_traits *cell = &kind->traits;
  const unit_share units = own->units;
  const size_t hidden = s->sizes.hidden, batch = s->sizes.batch, early = cell->late_blocks;
  const block_matrix blocks = blocks_at(s->gates, &s->sizes);
  float *to = cell->has_projection ? s->intermediate : s->output;
  EACH_VECTOR(own->rows, units.vectors * LANES, b, j) {
    const size_t row = t * batch + b, unit = units.first + j, valid = minimum(LANES, units.count - j);
    cell_units u;
    EACH_FROM(early, summed_blocks(cell), block) u.blocks[block] = load(block_vector(&blocks, row, block, unit));
    load_state(&u, s, t, b, unit, valid, cell);
    kind->forward(&u);
    EACH_FROM(early, summed_blocks(cell), block) store(block_vector(&blocks, row, block, unit), u.blocks[block]);
    if (cell->has_cell_state)
      store(kept_vector(s->cells, cells_rows(&s->sizes), row + batch, unit / LANES), u.c);
    store_first(to + row * hidden + unit, u.h, valid);
  }
}

/// Computes the intermediate vectors of step t. Does nothing for cells without late blocks.
INLINE void step_reset(const mynah_scan_forward *s, size_t t, const step_share *own, const cell_kind *kind) {
  const mynah_cell_traits *cell = &kind->traits;
  const unit_share units = own->units;
  if (!kind->reset) return;
  const size_t hidden = s->sizes.hidden, batch = s->sizes.batch;
  const block_matrix blocks = blocks_at(s->gates, &s->sizes);
  EACH_VECTOR(own->rows, units.vectors * LANES, b, j) {
    const size_t row = t * batch + b, unit = units.first + j, valid = minimum(LANES, units.count - j);
    cell_units u;
    EACH_OF(cell->late_blocks, block) u.blocks[block] = load(block_vector(&blocks, row, block, unit));
    load_state(&u, s, t, b, unit, valid, cell);
    kind->reset(&u);
    EACH_OF(cell->late_blocks, block) store(block_vector(&blocks, row, block, unit), u.blocks[block]);
    store_first(s->intermediate + row * hidden + unit, u.m, valid);
  }
}

typedef void (*forward_step)(const mynah_scan_forward *s, size_t t, const step_share *own);
typedef struct {
  const mynah_cell_traits *traits;
  forward_step forward, reset;
} forward_steps;

#define STEPS(id, kind)                                                                      \
  static void kind##_step_forward(const mynah_scan_forward *s, size_t t, const step_share *own) { \
    step_forward(s, t, own, &kind);                                                        \
  }                                                                                          \
  static void kind##_step_reset(const mynah_scan_forward *s, size_t t, const step_share *own) {   \
    step_reset(s, t, own, &kind);                                                          \
  }
EACH_CELL(STEPS)
#undef STEPS

#define ENTRY(id, kind) [id] = {&kind.traits, kind##_step_forward, kind##_step_reset},
static const forward_steps all_forward_steps[MYNAH_CELL_COUNT] = {EACH_CELL(ENTRY)};
#undef ENTRY
