// One step of a layer: the products with the state, and the cell. Compiled once per cell, as in the scan.

/// Rows in memory: in order, or selected by ids.
typedef struct {
  const float *base;
  size_t stride;
  const int32_t *ids;
} input_rows;

/// The current step of a layer.
typedef struct {
  const advance_work *work;
  const mynah_inference_layer *layer;
  size_t batch, hidden;  // B, H
  input_rows input;      // [T·B] rows of I
  input_rows projected;  // [T·B] rows: the input blocks of each vector of units
  size_t t;
  const float *before;  // [B] rows of h
  size_t before_stride;
  float *outputs;  // [T·B] rows, `stride` apart
  size_t stride;
} layer_step;

INLINE const float *input_row(const input_rows *rows, size_t row) {
  return rows->base + (rows->ids ? (size_t)rows->ids[row] : row) * rows->stride;
}

/// The input blocks of one row and one vector of units.
INLINE const float *input_blocks(const layer_step *s, size_t b, size_t vector, const mynah_cell_traits *cell) {
  return input_row(&s->projected, s->t * s->batch + b) + vector * cell->input_blocks * LANES;
}

/// Loads the state, the identity skip and the parameters of one vector of units.
INLINE void load_units(cell_units *u, const layer_step *s, size_t b, size_t unit, size_t valid,
                       const mynah_cell_traits *cell) {
  const mynah_inference_layer *layer = s->layer;
  if (cell->has_cell_state) u->c = load_first(layer->c + b * s->hidden + unit, valid);
  if (cell->blends_hidden) u->h = load_first(s->before + b * s->before_stride + unit, valid);
  if (cell->has_identity_skip)
    u->blocks[summed_blocks(cell)] = load_first(input_row(&s->input, s->t * s->batch + b) + unit, valid);
  EACH_OF(cell->vectors, v) u->vectors[v] = load_first(layer->vectors[v] + unit, valid);
}

/// Stores the next state. Rows of outputs are padded, so they take whole vectors.
INLINE void store_units(const cell_units *u, const layer_step *s, size_t b, size_t unit, size_t valid,
                        const mynah_cell_traits *cell) {
  const mynah_inference_layer *layer = s->layer;
  if (cell->has_cell_state) store_first(layer->c + b * s->hidden + unit, u->c, valid);
  if (cell->has_projection) store(s->work->intermediate + b * padded(s->hidden) + unit, u->h);
  else store(s->outputs + (s->t * s->batch + b) * s->stride + unit, u->h);
}

// MARK: The cell, applied to one row and one vector of units

/// Applies a cell that has one product per step or none; `sums` are its recurrent blocks.
INLINE void apply_cell(const layer_step *s, size_t b, size_t vector, const float *sums, const cell_kind *kind) {
  const mynah_cell_traits *cell = &kind->traits;
  const size_t unit = vector * LANES, valid = minimum(LANES, s->hidden - unit);
  const float *from_input = input_blocks(s, b, vector, cell);
  cell_units u;
  EACH_OF(summed_blocks(cell), block) {
    const bool added = block < cell->added_blocks, own = block >= cell->input_blocks;
    const float *from = added ? sums + block * LANES
                        : own ? sums + (block + cell->added_blocks - cell->input_blocks) * LANES
                              : from_input + block * LANES;
    u.blocks[block] = load(from);
  }
  load_units(&u, s, b, unit, valid, cell);
  kind->forward(&u);
  store_units(&u, s, b, unit, valid, cell);
}

INLINE float *waiting_blocks(const layer_step *s, size_t b, size_t vector) {
  return s->work->waiting + (b * vectors_of(s->hidden) + vector) * MOST_BLOCKS * LANES;
}

/// Applies a cell with late blocks before the second product; `sums` are the other recurrent blocks, all of them added.
INLINE void apply_reset(const layer_step *s, size_t b, size_t vector, const float *sums, const cell_kind *kind) {
  const mynah_cell_traits *cell = &kind->traits;
  const size_t unit = vector * LANES;
  float *waiting = waiting_blocks(s, b, vector);
  cell_units u;
  EACH_OF(cell->recurrent_blocks - cell->late_blocks, block) {
    u.blocks[block] = load(sums + block * LANES);
    store(waiting + block * LANES, u.blocks[block]);
  }
  load_units(&u, s, b, unit, minimum(LANES, s->hidden - unit), cell);
  kind->reset(&u);
  store(s->work->intermediate + b * padded(s->hidden) + unit, u.m);
}

/// Applies a cell with late blocks after the second product; `sums` are the late blocks.
INLINE void apply_late(const layer_step *s, size_t b, size_t vector, const float *sums, const cell_kind *kind) {
  const mynah_cell_traits *cell = &kind->traits;
  const size_t unit = vector * LANES, valid = minimum(LANES, s->hidden - unit),
               early = cell->recurrent_blocks - cell->late_blocks;
  const float *waiting = waiting_blocks(s, b, vector);
  cell_units u;
  EACH_FROM(cell->late_blocks, summed_blocks(cell), block)
    u.blocks[block] = load(block < early ? waiting + block * LANES : sums + (block - early) * LANES);
  load_units(&u, s, b, unit, valid, cell);
  kind->forward(&u);
  store_units(&u, s, b, unit, valid, cell);
}

// MARK: Panels

typedef void (*apply_function)(const layer_step *s, size_t b, size_t vector, const float *sums, const cell_kind *kind);

/// Sets the sums of the recurrent blocks [first, last) of one row and one vector of units to their initial values:
/// projected inputs or biases.
INLINE void start_sums(float *sums, const layer_step *s, size_t b, size_t vector, const size_t first, const size_t last,
                       const mynah_cell_traits *cell) {
  const size_t unit = vector * LANES, hidden = s->hidden;
  if (unit >= hidden) {  // padding of a panel with several vectors of units
    memset(sums, 0, (last - first) * LANES * sizeof(float));
    return;
  }
  const float *from_input = input_blocks(s, b, vector, cell), *bias = s->layer->recurrent_bias;
  EACH_FROM(first, last, r) {
    vfloat start = splat(0);
    if (r < cell->added_blocks) start = load(from_input + r * LANES);
    else if (bias) start = load_first(bias + (r - cell->added_blocks) * hidden + unit, minimum(LANES, hidden - unit));
    store(sums + (r - first) * LANES, start);
  }
}

/// Multiplies a worker's panels of the recurrent blocks [first, last) with the rows of x, and applies the cell to each.
INLINE void step_panels(const layer_step *s, const mynah_packed *m, const size_t first, const size_t last, range own,
                        bool reversed, tile_rows x, const cell_kind *kind, const apply_function apply) {
  const size_t blocks = last - first, units = units_in_panel(blocks), lanes = vectors_in_panel(blocks) * LANES;
  panel_walk walk = walk_of(m, s->batch);
  const size_t tiles = row_tile_count(&walk, s->batch);
  for (size_t i = 0; i < own.last - own.first; i++) {
    size_t p = panel_at(own, reversed, i), next = panel_at(own, reversed, i + 1);
    for (size_t tile = 0; tile < tiles; tile++) {
      range r = row_tile(s->batch, tiles, tile);
      float sums[MOST_TILE_ROWS * MOST_PANEL_LANES];
      for (size_t b = r.first; b < r.last; b++)
        for (size_t u = 0; u < units; u++)
          start_sums(sums + (b - r.first) * lanes + u * blocks * LANES, s, b, p * units + u, first, last,
                     &kind->traits);
      multiply_panel(&walk, p, next, tile, r.last - r.first, sums, lanes, sums, lanes, rows_from(x, r.first));
      for (size_t b = r.first; b < r.last; b++)
        for (size_t u = 0; u < units && (p * units + u) * LANES < s->hidden; u++)
          apply(s, b, p * units + u, sums + (b - r.first) * lanes + u * blocks * LANES, kind);
    }
  }
  end_walk(&walk);
}

/// The step's first product and the cell. Without recurrent blocks, `own` is a range of vectors of units instead of
/// panels.
INLINE void step_first(const layer_step *s, range own, bool reversed, tile_rows x, const cell_kind *kind) {
  const mynah_cell_traits *cell = &kind->traits;
  const mynah_packed *m = &s->layer->recurrent;
  if (cell->late_blocks) {
    step_panels(s, m, 0, cell->recurrent_blocks - cell->late_blocks, own, reversed, x, kind, apply_reset);
  } else if (cell->recurrent_blocks) {
    step_panels(s, m, 0, cell->recurrent_blocks, own, reversed, x, kind, apply_cell);
  } else {
    for (size_t b = 0; b < s->batch; b++)
      for (size_t vector = own.first; vector < own.last; vector++) apply_cell(s, b, vector, NULL, kind);
  }
}

/// The step's second product and the rest of the cell, if there are late blocks.
INLINE void step_second(const layer_step *s, range own, bool reversed, tile_rows x, const cell_kind *kind) {
  const mynah_cell_traits *cell = &kind->traits;
  if (cell->late_blocks)
    step_panels(s, &s->layer->second, cell->recurrent_blocks - cell->late_blocks, cell->recurrent_blocks, own, reversed,
                x, kind, apply_late);
}

typedef void (*inference_step)(const layer_step *s, range own, bool reversed, tile_rows x);
typedef struct {
  const mynah_cell_traits *traits;
  inference_step first, second;
} inference_cell;

#define STEPS(id, kind)                                                                   \
  static void kind##_first(const layer_step *s, range own, bool reversed, tile_rows x) {  \
    step_first(s, own, reversed, x, &kind);                                               \
  }                                                                                       \
  static void kind##_second(const layer_step *s, range own, bool reversed, tile_rows x) { \
    step_second(s, own, reversed, x, &kind);                                              \
  }
EACH_CELL(STEPS)
#undef STEPS

#define ENTRY(id, kind) [id] = {&kind.traits, kind##_first, kind##_second},
static const inference_cell inference_cells[MYNAH_CELL_COUNT] = {EACH_CELL(ENTRY)};
#undef ENTRY
