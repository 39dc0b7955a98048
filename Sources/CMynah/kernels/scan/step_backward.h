// The pointwise part of a backward step, compiled once per cell.

/// The memory of the backward pass through time. Kept matrices: h [B, P], c and m [B, H].
typedef struct {
  float *d_h, *d_c, *d_m;  // gradients of the state after the current step, and of its intermediate vectors
  float *d_vectors;        // [vectors][padded H]
} backward_memory;

INLINE void add_to(float *sums, vfloat v) { store(sums, load(sums) + v); }

/// Computes the gradients of step t's blocks, and replaces the gradients of the state after the step by those of the
/// state before it.
INLINE void step_backward(const mynah_scan_backward *s, size_t t, const backward_memory *m, const step_share *own,
                          const cell_kind *kind) {
  const mynah_scan_forward *f = &s->forward;
  const mynah_cell_traits *cell = &kind->traits;
  const unit_share units = own->units;
  const size_t hidden = f->sizes.hidden, batch = f->sizes.batch, early = cell->late_blocks;
  const block_matrix blocks = blocks_at(f->gates, &f->sizes), d_blocks = blocks_at(s->d_gates, &f->sizes);
  EACH_VECTOR(own->rows, units.kept_vectors * LANES, b, j) {
    const size_t row = t * batch + b, unit = units.first + j, vector = unit / LANES;
    cell_units d = {.blocks = {{0}, {0}, {0}, {0}}};
    if (j < units.count) {
      const size_t valid = minimum(LANES, units.count - j);
      cell_units u, next;
      EACH_FROM(early, summed_blocks(cell), block) u.blocks[block] = load(block_vector(&blocks, row, block, unit));
      load_state(&u, f, t, b, unit, valid, cell);
      if (cell->has_projection) {
        d.h = load(kept_vector(m->d_m, batch, b, vector));
      } else {
        d.h = cell->has_hidden_state ? load(kept_vector(m->d_h, batch, b, vector)) : splat(0);
        if (s->d_output) d.h += load_first(s->d_output + row * hidden + unit, valid);
      }
      if (cell->has_cell_state) {
        next.c = load(kept_vector(f->cells, cells_rows(&f->sizes), row + batch, vector));
        d.c = load(kept_vector(m->d_c, batch, b, vector));
      }
      kind->backward(&u, &next, &d);
      if (cell->has_cell_state) store(kept_vector(m->d_c, batch, b, vector), d.c);
      if (cell->blends_hidden) store(kept_vector(m->d_h, batch, b, vector), d.h);
      EACH_OF(cell->vectors, v) add_to(m->d_vectors + v * padded(hidden) + unit, d.vectors[v]);
    }
    EACH_FROM(early, kept_blocks(cell), block) store(block_vector(&d_blocks, row, block, unit), d.blocks[block]);
  }
}

/// Computes the gradients of step t's first blocks from those of the intermediate vectors. Does nothing for cells
/// without late blocks.
INLINE void step_reset_backward(const mynah_scan_backward *s, size_t t, const backward_memory *m, const step_share *own,
                                const cell_kind *kind) {
  const mynah_scan_forward *f = &s->forward;
  const mynah_cell_traits *cell = &kind->traits;
  const unit_share units = own->units;
  if (!kind->reset_backward) return;
  const size_t batch = f->sizes.batch;
  const block_matrix blocks = blocks_at(f->gates, &f->sizes), d_blocks = blocks_at(s->d_gates, &f->sizes);
  EACH_VECTOR(own->rows, units.kept_vectors * LANES, b, j) {
    const size_t row = t * batch + b, unit = units.first + j, vector = unit / LANES;
    cell_units d = {.blocks = {{0}, {0}, {0}, {0}}};
    if (j < units.count) {
      cell_units u;
      EACH_OF(cell->late_blocks, block) u.blocks[block] = load(block_vector(&blocks, row, block, unit));
      load_state(&u, f, t, b, unit, minimum(LANES, units.count - j), cell);
      d.h = load(kept_vector(m->d_h, batch, b, vector));
      d.m = load(kept_vector(m->d_m, batch, b, vector));
      kind->reset_backward(&u, &d);
      store(kept_vector(m->d_h, batch, b, vector), d.h);
    }
    EACH_OF(cell->late_blocks, block) store(block_vector(&d_blocks, row, block, unit), d.blocks[block]);
  }
}

typedef void (*backward_step)(const mynah_scan_backward *s, size_t t, const backward_memory *m, const step_share *own);
typedef struct {
  backward_step backward, reset;
} backward_steps;

#define STEPS(id, kind)                                                                                    \
  static void kind##_step_backward(const mynah_scan_backward *s, size_t t, const backward_memory *m,       \
                                   const step_share *own) {                                                     \
    step_backward(s, t, m, own, &kind);                                                                  \
  }                                                                                                        \
  static void kind##_step_reset_backward(const mynah_scan_backward *s, size_t t, const backward_memory *m, \
                                         const step_share *own) {                                               \
    step_reset_backward(s, t, m, own, &kind);                                                            \
  }
EACH_CELL(STEPS)
#undef STEPS

#define ENTRY(id, kind) [id] = {kind##_step_backward, kind##_step_reset_backward},
static const backward_steps all_backward_steps[MYNAH_CELL_COUNT] = {EACH_CELL(ENTRY)};
#undef ENTRY
