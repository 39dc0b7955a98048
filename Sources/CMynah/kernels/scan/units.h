// A worker's share of a layer's rows and units, and the kept matrices that hold its blocks and states.

// The number of rows of x that are projected at a time: enough to reuse W_ih, few enough that the blocks are still in
// cache when the recurrent products are added.
enum { PROJECTED_ROWS = 128 };

/// A worker's hidden units, or outputs. Shares begin at multiples of KEPT_WIDTH.
typedef struct {
  size_t first, count;  // units
  size_t vectors;       // ⌈count / LANES⌉
  size_t kept_vectors;  // with the padding of the last share's block
} unit_share;

INLINE unit_share units_in(size_t hidden, range groups) {
  size_t first = groups.first * KEPT_WIDTH, last = minimum(hidden, groups.last * KEPT_WIDTH);
  size_t count = last > first ? last - first : 0;
  return (unit_share){first, count, vectors_of(count), (groups.last - groups.first) * KEPT_VECTORS};
}
INLINE unit_share units_of(size_t hidden, const mynah_worker *worker) {
  return units_in(hidden, share(kept_groups(hidden), worker));
}
INLINE unit_share all_units(size_t hidden) { return units_in(hidden, (range){0, kept_groups(hidden)}); }

/// A worker's share of every step: some rows of all units, or some units of all rows.
///
/// By rows, workers are independent and never wait, but each reads all recurrent weights, which is fast if the weights
/// fit in a core's own cache. By units, each worker reads only its own weights. Cells without recurrent blocks are
/// divided by units: their workers never wait, and project many steps at once.
typedef struct {
  bool by_rows;
  range rows;  // of the batch
  unit_share units, outputs;
} step_share;

INLINE step_share share_of_step(const mynah_scan_sizes *s, const mynah_cell_traits *cell, const mynah_worker *worker,
                                bool is_backward) {
  // The limits for sharing by rows. MOST_WEIGHTS is 1 MiB of weights. With fewer rows, each weight that is read from
  // the L2 cache is used too rarely (B = 20 on two threads: 10 % slower forward). With AMX, tiles would project fewer
  // rows of x at a time (ptb: 8 to 18 % slower forward). Cells with vectors are excluded backward, because gradients of
  // vectors are sums over all rows, in order.
  enum { MOST_WEIGHTS = 1 << 18, LEAST_ROWS = 16 };
  const size_t weights = cell->recurrent_blocks * s->hidden * s->output, count = (size_t)worker->count;
  const bool has_rows = s->batch >= LEAST_ROWS * count, may_share_rows = is_backward ? cell->vectors == 0 : !HAS_AMX;
  if (count > 1 && weights > 0 && weights <= MOST_WEIGHTS && has_rows && may_share_rows)
    return (step_share){true, share(s->batch, worker), all_units(s->hidden), all_units(s->output)};
  return (step_share){false, {0, s->batch}, units_of(s->hidden, worker), units_of(s->output, worker)};
}
INLINE size_t row_count(const step_share *share) { return share->rows.last - share->rows.first; }

/// Waits until all workers have reached this point of a step, if they need each other's results.
INLINE void wait_for_units(const step_share *share, const mynah_worker *worker) {
  if (!share->by_rows) mynah_worker_wait(worker);
}

/// The panels that a worker packs of `count` matrices of n columns: a share of them if the workers share rows, else all
/// panels of its own units.
INLINE range panels_to_pack(const step_share *own, size_t n, size_t count, const mynah_worker *worker) {
  const size_t panels = all_panels(n).last * count;
  return own->by_rows ? share(panels, worker) : (range){0, panels};
}
/// The panels of matrix `index` within the range `all`.
INLINE range panels_of_matrix(range all, size_t n, size_t index) {
  const size_t panels = all_panels(n).last, first = index * panels, last = first + panels;
  const range own = {all.first > first ? all.first : first, minimum(all.last, last)};
  return own.first < own.last ? (range){own.first - first, own.last - first} : (range){0, 0};
}

/// The columns of a block, padded. The blocks of a layer are one kept matrix [T·B, blocks·block_width].
INLINE size_t block_width(size_t hidden) { return kept_groups(hidden) * KEPT_WIDTH; }

typedef struct {
  float *base;
  size_t rows, hidden;
} block_matrix;

INLINE block_matrix blocks_at(float *base, const mynah_scan_sizes *s) {
  return (block_matrix){base, s->steps * s->batch, s->hidden};
}
/// The input blocks of the distinct inputs, or sums of their gradients.
INLINE size_t distinct_size(const mynah_scan_sizes *s, const mynah_cell_traits *cell) {
  return s->distinct ? kept_size(s->distinct, cell->input_blocks * block_width(s->hidden)) : 0;
}
INLINE block_matrix distinct_blocks(float *base, const mynah_scan_sizes *s) {
  return (block_matrix){base, s->distinct, s->hidden};
}
INLINE float *block_vector(const block_matrix *m, size_t row, size_t block, size_t unit) {
  return kept_vector(m->base, m->rows, row, (block * block_width(m->hidden) + unit) / LANES);
}
/// The rows from `row0` on, and the columns from a block on, as a product's A.
INLINE operand block_rows(const block_matrix *m, size_t row0, size_t block) {
  return kept_rows(m->base, m->rows, row0, block * block_width(m->hidden));
}
/// The columns of a block from `unit` on, of the rows from `row0` on, as a product's A.
INLINE operand block_columns(const block_matrix *m, size_t row0, size_t block, size_t unit) {
  return kept_columns(m->base, m->rows, row0, block * block_width(m->hidden) + unit);
}
/// A worker's units of one block from row `row0` on as a product's C. Sums begin with the row `start`, or with the
/// values of C if `start` is NULL.
INLINE product block_product(const block_matrix *m, size_t row0, size_t block, unit_share units, const float *start,
                             const float *packed) {
  return kept_product(m->base, m->rows, row0, block * block_width(m->hidden) + units.first, units.count,
                      start, packed);
}

/// The cells are a kept matrix [(T+1)·B, H], whose first B rows are the state before the sequence.
INLINE size_t cells_rows(const mynah_scan_sizes *s) { return (s->steps + 1) * s->batch; }

/// Copies some rows and units of a matrix of `width` columns, or zeros for NULL, to a kept matrix of `all` rows.
INLINE void keep_units(float *kept, size_t all, const float *from, range rows, size_t width, unit_share units) {
  for (size_t r = rows.first; r < rows.last; r++)
    for (size_t j = 0; j < units.count; j += LANES) {
      vfloat v = from ? load_first(from + r * width + units.first + j, minimum(LANES, units.count - j)) : splat(0);
      store(kept_vector(kept, all, r, (units.first + j) / LANES), v);
    }
}
/// Copies some rows and units of a kept matrix, whose row 0 is `row0`, to a matrix of `width` columns.
INLINE void take_units(float *to, float *kept, size_t all, size_t row0, range rows, size_t width, unit_share units) {
  for (size_t r = rows.first; r < rows.last; r++)
    for (size_t j = 0; j < units.count; j += LANES)
      store_first(to + r * width + units.first + j,
                  load(kept_vector(kept, all, row0 + r, (units.first + j) / LANES)),
                  minimum(LANES, units.count - j));
}

/// The recurrent blocks first ..< first + count, and the index of the first among the kept blocks.
typedef struct {
  size_t first, count, kept;
} block_run;

/// The recurrent blocks that multiply h, in runs that are contiguous among the kept blocks, and those that multiply the
/// intermediate vector.
typedef struct {
  block_run of_h[2], late;
} recurrent_runs;

INLINE recurrent_runs runs_of(const mynah_cell_traits *c) {
  const size_t early = c->recurrent_blocks - c->late_blocks, added = minimum(early, c->added_blocks);
  return (recurrent_runs){{{0, added, 0}, {added, early - added, recurrent_block(c, added)}},
                          {early, c->late_blocks, recurrent_block(c, early)}};
}

/// Loops over some rows and vectors of units 0 ..< width, in the memory order of kept matrices.
#define EACH_VECTOR(rows, width, b, j)                                                                    \
  for (size_t first_ = 0, next_ = 0; first_ < (width); first_ = next_)                                    \
    for (size_t b = (next_ = minimum((width), first_ + KEPT_WIDTH), (rows).first); b < (rows).last; b++) \
      for (size_t j = first_; j < next_; j += LANES)
